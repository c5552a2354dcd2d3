import type { AskProvider, CallOptions } from '../ask-provider.ts';
import type { Envelope, EnvelopeStatus } from './envelope.ts';

export type EnvelopeFilter = {
  /** Documenso's own search. */
  query?: string;
  type?: 'DOCUMENT' | 'TEMPLATE';
  status?: EnvelopeStatus;
  source?: Envelope['source'];
  templateId?: number;
  folderId?: string;
  orderByColumn?: 'createdAt';
  orderByDirection?: 'asc' | 'desc';
  /** 1 to 100; 100 unless given. */
  perPage?: number;
};

type Page = { data: Envelope[]; totalPages: number };

/**
 * Every envelope that fits: GET /envelope, page after page, each asked for when the loop comes to it. What is made or
 * removed meanwhile moves the pages: none comes twice, but one may be missed.
 */
export async function* list(
  ask: AskProvider,
  { perPage = 100, ...filter }: EnvelopeFilter = {},
  options?: CallOptions,
): AsyncGenerator<Envelope, void, void> {
  const seen = new Set<string>();
  for (let page = 1, totalPages = 1; page <= totalPages; page += 1) {
    const query = { ...filter, page, perPage };
    const request = { method: 'GET', path: '/api/v2/envelope', query, keys: ['data', 'totalPages'] } as const;
    const answer = await ask.object<Page>('list', request, options);
    for (const envelope of answer.data) {
      if (!seen.has(envelope.id)) yield envelope;
      seen.add(envelope.id);
    }
    totalPages = answer.data.length === 0 ? 0 : answer.totalPages;
  }
}
