/** How reading a body ended. `ended`: nothing of it is left on the connection. */
export type BodyReading =
  | { state: 'whole'; body: Buffer }
  | { state: 'too_large'; ended: boolean }
  | { state: 'too_slow' }
  | { state: 'cut_off' };

export type BodyLimits = { maxBytes: number; timeoutMs: number };

/** Of what is too large, so much is read and dropped, so that the sender gets the answer and not a reset. */
const droppedMaxBytes = 16 * 1024 * 1024;

/**
 * Reads a body within bounds of size and time, and keeps no more than `maxBytes` of it. The stream is left as it is when
 * a bound is met: closing the connection is for whoever answers.
 * @param declaredBytes the request's Content-Length, or null
 */
export async function readBody(
  stream: AsyncIterable<Uint8Array>,
  declaredBytes: number | null,
  { maxBytes, timeoutMs }: BodyLimits,
): Promise<BodyReading> {
  if (declaredBytes !== null && declaredBytes > maxBytes + droppedMaxBytes) return { state: 'too_large', ended: false };
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  const iterator = stream[Symbol.asyncIterator]();
  const late = Promise.withResolvers<'late'>();
  const timer = setTimeout(() => late.resolve('late'), timeoutMs);
  try {
    for (;;) {
      const got = await Promise.race([iterator.next(), late.promise]);
      if (got === 'late') return sizeBytes > maxBytes ? { state: 'too_large', ended: false } : { state: 'too_slow' };
      if (got.done === true) {
        return sizeBytes > maxBytes
          ? { state: 'too_large', ended: true }
          : { state: 'whole', body: Buffer.concat(chunks, sizeBytes) };
      }
      sizeBytes += got.value.byteLength;
      if (sizeBytes <= maxBytes) chunks.push(got.value);
      else chunks.length = 0;
      if (sizeBytes > maxBytes + droppedMaxBytes) return { state: 'too_large', ended: false };
    }
  } catch {
    return { state: 'cut_off' };
  } finally {
    clearTimeout(timer);
  }
}
