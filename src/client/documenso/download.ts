import type { AskProvider, CallOptions } from '../ask-provider.ts';
import { pathSegment } from '../connection-url.rules.ts';
import { NotCompletedError } from '../not-completed-error.ts';
import { get } from './get.ts';

export type DownloadOptions = CallOptions & {
  /** Which of its documents; needed only where the envelope has several. */
  itemId?: string;
  /** `signed` unless given. */
  version?: 'signed' | 'original' | 'pending';
};

/**
 * A document's PDF, as a Response whose body is a stream. For `signed` the status is asked first: Documenso answers 200
 * with the bytes of now while an envelope is pending.
 * @throws NotCompletedError for `signed` before it is completed
 * @throws TypeError for an envelope of several documents without `itemId`
 */
export async function download(
  ask: AskProvider,
  envelopeId: string,
  { itemId, version = 'signed', ...options }: DownloadOptions = {},
): Promise<Response> {
  const { status, envelopeItems } = await get(ask, envelopeId, options);
  if (version === 'signed' && status !== 'COMPLETED') throw new NotCompletedError(envelopeId, status);
  const item = itemId ?? theOnlyOne(envelopeItems);
  const path = `/api/v2/envelope/item/${pathSegment(item)}/download`;
  const headers = { accept: 'application/pdf' };
  return ask.response('download', { method: 'GET', path, query: { version }, headers }, options);
}

function theOnlyOne(items: readonly { id: string; title: string }[] = []): string {
  const [only, ...others] = items;
  if (only !== undefined && others.length === 0) return only.id;
  const ids = items.map(({ id }) => id).join(', ');
  throw new TypeError(`The envelope has ${items.length} documents: say which, as itemId. They are: ${ids}`);
}
