import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { ListenedEvent } from './listened-line.rules.ts';
import { reasonOf } from './open-stream.ts';

const fetchMs = 60_000;

/** The bytes that endpoints get; a large body is fetched from its URL. @throws when it cannot be fetched */
export async function bodyOf({ body }: Pick<ListenedEvent, 'body'>, signal: AbortSignal): Promise<Buffer> {
  if (body.encoding !== 'url') return Buffer.from(body.content, body.encoding === 'base64' ? 'base64' : 'utf8');
  const whenAborted = AbortSignal.any([signal, AbortSignal.timeout(fetchMs)]);
  try {
    const response = await fetch(body.content, { redirect: 'error', signal: whenAborted });
    if (!response.ok) throw new Error(`the answer was ${response.status}`);
    return response.body === null ? Buffer.alloc(0) : await buffer(Readable.fromWeb(response.body));
  } catch (error) {
    // The URL is signed: whoever has it may read the body.
    const from = URL.canParse(body.content) ? new URL(body.content).origin : 'its URL';
    const remedy = 'POSTHORN_PUBLIC_URL has to be reachable from here';
    throw new Error(`its body could not be fetched from ${from} (${reasonOf(error)}); ${remedy}`, { cause: error });
  }
}
