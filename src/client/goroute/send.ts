import type { AskProvider, CallOptions } from '../ask-provider.ts';
import { documentRequest, type GorouteDocument } from './goroute-document.ts';
import { idempotencyKeyOf } from './idempotency-key.rules.ts';

export type SendDocument = {
  /** Your id for it, such as the invoice's number: sent again under it, it is sent once. */
  id: string;
  document: GorouteDocument;
};

export type Sent = { transaction_id: string; status: string; [more: string]: unknown };

/**
 * Sends a document over Peppol: POST /api/v1/send, under an Idempotency-Key made from your id, so that it can be repeated.
 * @throws TypeError without an id
 */
export async function send(ask: AskProvider, { id, document }: SendDocument, options?: CallOptions): Promise<Sent> {
  if (typeof id !== 'string' || id === '') throw new TypeError('id is missing: your id for the document.');
  const { body, headers } = documentRequest(document);
  const request = { method: 'POST', path: '/api/v1/send', body, keys: ['transaction_id', 'status'] } as const;
  const all = { ...headers, 'idempotency-key': idempotencyKeyOf(id) };
  return ask.object<Sent>('send', { ...request, headers: all }, options);
}
