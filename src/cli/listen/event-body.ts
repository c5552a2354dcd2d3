import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import type { ListenedEvent } from './listened-line.rules.ts';

const fetchMs = 60_000;

/** The bytes that endpoints get; a large body is fetched from its URL. @throws when it cannot be fetched */
export async function bodyOf({ body }: Pick<ListenedEvent, 'body'>, signal: AbortSignal): Promise<Buffer> {
  if (body.encoding !== 'url') return Buffer.from(body.content, body.encoding === 'base64' ? 'base64' : 'utf8');
  const whenAborted = AbortSignal.any([signal, AbortSignal.timeout(fetchMs)]);
  const response = await fetch(body.content, { redirect: 'error', signal: whenAborted });
  if (!response.ok) throw new Error(`its body could not be fetched: the answer was ${response.status}`);
  return response.body === null ? Buffer.alloc(0) : buffer(Readable.fromWeb(response.body));
}
