import { askPosthorn } from './ask-posthorn.ts';
import type { BodyReference } from './event-content.rules.ts';
import { PosthornError } from './posthorn-error.ts';

/** For 32 MiB over a slow line. */
const timeoutMs = 120_000;

/**
 * Fetches a body that was too large to be sent along, by its signed URL; no key is needed.
 * @throws PosthornError: `forbidden` when the URL has expired (a resend of the delivery brings a new one)
 */
export async function fetchBody(
  reference: Pick<BodyReference, 'url' | 'sizeBytes'>,
  options: { signal?: AbortSignal | undefined; fetch?: typeof fetch | undefined } = {},
): Promise<Buffer> {
  const url = new URL(reference.url);
  const { body } = await askPosthorn({ url, headers: {}, timeoutMs, signal: options.signal }, options.fetch ?? fetch);
  if (body.length === reference.sizeBytes) return body;
  throw new PosthornError('unreachable', `${url.origin}${url.pathname} ended after ${body.length} bytes.`);
}
