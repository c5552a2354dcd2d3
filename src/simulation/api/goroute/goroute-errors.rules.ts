import { AnswerNow, jsonAnswer } from '../answers.rules.ts';
import type { ServedAnswer } from '../served.ts';
import type { BrokenRule } from './ubl.rules.ts';

/** The two schemes that GoRoute's documentation has side by side: `VALIDATION_ERROR`, or `VAL_001` with 422. */
export type GorouteErrorScheme = 'named' | 'numbered';

type GorouteErrorKind = 'validation' | 'unauthorized' | 'not found' | 'method' | 'busy' | 'failed';

/** Of the names only VALIDATION_ERROR, and of the numbers only AUTH_ and VAL_, are in the provider facts. */
const kinds: Readonly<Record<GorouteErrorKind, { status: number; named: string; numbered: string }>> = {
  validation: { status: 400, named: 'VALIDATION_ERROR', numbered: 'VAL_001' },
  unauthorized: { status: 401, named: 'UNAUTHORIZED', numbered: 'AUTH_001' },
  'not found': { status: 404, named: 'NOT_FOUND', numbered: 'NOT_FOUND' },
  method: { status: 405, named: 'METHOD_NOT_ALLOWED', numbered: 'METHOD_NOT_ALLOWED' },
  busy: { status: 429, named: 'RATE_LIMITED', numbered: 'RATE_LIMITED' },
  failed: { status: 500, named: 'INTERNAL_ERROR', numbered: 'INTERNAL_ERROR' },
};

export type GorouteErrors = {
  error: (kind: GorouteErrorKind, message: string, details?: readonly BrokenRule[], status?: number) => ServedAnswer;
  /** Ends a request. */
  refuse: (kind: GorouteErrorKind, message: string, details?: readonly BrokenRule[]) => never;
};

export function createGorouteErrors(scheme: GorouteErrorScheme, requestId: () => string): GorouteErrors {
  const error: GorouteErrors['error'] = (kind, message, details = [], status) => {
    const known = kinds[kind];
    const usual = scheme === 'numbered' && kind === 'validation' ? 422 : known.status;
    const code = scheme === 'numbered' ? known.numbered : known.named;
    return jsonAnswer(status ?? usual, { error: { code, message, details, request_id: requestId() } });
  };
  return {
    error,
    refuse(kind, message, details) {
      throw new AnswerNow(error(kind, message, details));
    },
  };
}
