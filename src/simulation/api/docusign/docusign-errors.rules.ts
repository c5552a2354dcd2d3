import { AnswerNow, jsonAnswer } from '../answers.rules.ts';
import type { ServedAnswer } from '../served.ts';

/**
 * An error in DocuSign's shape. Of the codes only those of limits are in the provider facts; the others are what its
 * clients' users report, and say no more than their names.
 */
export function docusignError(status: number, errorCode: string, message: string): ServedAnswer {
  return jsonAnswer(status, { errorCode, message });
}

/** Ends a request. */
export function refuse(status: number, errorCode: string, message: string): never {
  throw new AnswerNow(docusignError(status, errorCode, message));
}
