import type { AskProvider, CallOptions } from '../ask-provider.ts';
import { documentRequest, type GorouteDocument } from './goroute-document.ts';

export type Validation = { valid: boolean; [more: string]: unknown };

/** Has a document validated: POST /api/v1/validate. It changes nothing, so it can be repeated. */
export function validate(ask: AskProvider, document: GorouteDocument, options?: CallOptions): Promise<Validation> {
  const request = { method: 'POST', path: '/api/v1/validate', repeatable: true, keys: ['valid'] } as const;
  return ask.object<Validation>('validate', { ...request, ...documentRequest(document) }, options);
}
