import type { AskProvider, CallOptions } from '../ask-provider.ts';
import { pathSegment } from '../connection-url.rules.ts';

export type Transaction = {
  status: 'pending' | 'processing' | 'sending' | 'delivered' | 'failed';
  [more: string]: unknown;
};

/** One transaction: GET /api/v1/transactions/{id}. To learn that it was delivered, wait for the webhook instead. */
export function transaction(ask: AskProvider, id: string, options?: CallOptions): Promise<Transaction> {
  const path = `/api/v1/transactions/${pathSegment(id)}`;
  return ask.object<Transaction>('transaction', { method: 'GET', path, keys: ['status'] }, options);
}
