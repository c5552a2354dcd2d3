import type { AskProvider, CallOptions } from '../ask-provider.ts';

/** GoRoute's documentation shows both; which one answers, an account has to try. */
export type LookupPath = '/api/v1/participants/lookup' | '/participants/lookup';

export type Participant = {
  registered: boolean;
  /** All that was answered. */
  answer: Readonly<Record<string, unknown>>;
};

/**
 * Whether somebody is registered in Peppol, by `0088:…` or another identifier. The two paths take and answer different
 * names: `peppol_id` and `found`, `identifier` and `registered`.
 */
export async function lookup(
  ask: AskProvider,
  { identifier, path }: { identifier: string; path: LookupPath },
  options?: CallOptions,
): Promise<Participant> {
  const query = { [path === '/participants/lookup' ? 'identifier' : 'peppol_id']: identifier };
  const request = { method: 'GET', path, query, keys: [] } as const;
  const answer = await ask.object<Record<string, unknown>>('lookup', request, options);
  return { registered: answer['registered'] === true || answer['found'] === true, answer };
}
