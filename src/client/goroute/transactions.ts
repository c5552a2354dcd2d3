import type { AskProvider, CallOptions } from '../ask-provider.ts';

/** GET /api/v1/transactions. What it takes and answers is not public: parameters and JSON are passed as they are. */
export function transactions(
  ask: AskProvider,
  query: Readonly<Record<string, string | number>> = {},
  options?: CallOptions,
): Promise<unknown> {
  return ask.json('transactions', { method: 'GET', path: '/api/v1/transactions', query }, options);
}
