import { AnswerNow, jsonAnswer } from '../answers.rules.ts';
import type { ServedAnswer } from '../served.ts';

/** Which of the shapes an error has: they differ between v1, v2 and v2's downloads. */
export type DocumensoErrorShape = 'v1' | 'v2' | 'download';

/** The names that tRPC, which v2 is made with, has for these statuses. Documenso's own are not in the provider facts. */
const codes: Readonly<Record<number, string>> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_SUPPORTED',
  413: 'PAYLOAD_TOO_LARGE',
  429: 'TOO_MANY_REQUESTS',
};

/** An error in the shape of the provider facts: v1 `{message}`, v2 `{message,code,data,issues?}`, downloads `{error,code?}`. */
export function documensoError(
  shape: DocumensoErrorShape,
  status: number,
  message: string,
  issues?: readonly string[],
): ServedAnswer {
  const code = codes[status] ?? 'INTERNAL_SERVER_ERROR';
  if (shape === 'v1') return jsonAnswer(status, { message });
  if (shape === 'download') return jsonAnswer(status, { error: message, code });
  return jsonAnswer(status, {
    message,
    code,
    data: { code, httpStatus: status, appError: { code, message } },
    ...(issues === undefined ? {} : { issues: issues.map((each) => ({ message: each })) }),
  });
}

/** Ends a request. */
export function refuse(shape: DocumensoErrorShape, status: number, message: string, issues?: readonly string[]): never {
  throw new AnswerNow(documensoError(shape, status, message, issues));
}
