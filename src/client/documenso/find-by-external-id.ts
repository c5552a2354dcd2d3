import type { AskProvider, CallOptions } from '../ask-provider.ts';
import type { Envelope } from './envelope.ts';
import { type EnvelopeFilter, list } from './list.ts';

export type ExternalIdSearch = CallOptions & {
  /** Narrows what is looked through, such as `query` or `templateId`. */
  filter?: Omit<EnvelopeFilter, 'orderByColumn' | 'orderByDirection'>;
  /** Ends the search at the first envelope that is older: when you first tried to make it, say. */
  createdAfter?: Date;
};

/**
 * The newest envelope with your `externalId`, or null. Documenso has no idempotency key: when a call to make a document
 * ended without an answer, look here before it is made again. The API has no filter for it, so lists are read, newest
 * first; give `createdAfter` where there are many.
 */
export async function findByExternalId(
  ask: AskProvider,
  externalId: string,
  { filter, createdAfter, ...options }: ExternalIdSearch = {},
): Promise<Envelope | null> {
  const newestFirst = { orderByColumn: 'createdAt', orderByDirection: 'desc' } as const;
  for await (const envelope of list(ask, { type: 'DOCUMENT', ...filter, ...newestFirst }, options)) {
    if (createdAfter !== undefined && Date.parse(envelope.createdAt) < createdAfter.getTime()) return null;
    if (envelope.externalId === externalId) return envelope;
  }
  return null;
}
