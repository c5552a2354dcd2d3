import type { Egress } from '../../egress/create-egress.ts';
import type { OutsideRequest, Stage } from '../stage.ts';

const usualTimeoutMs = 30_000;
const largestAnswerBytes = 4 * 1024 * 1024;

/**
 * One request through the guard of all outgoing requests. Redirects are answers.
 * @throws when it was refused, was not answered in time, or is answered with more than 4 MiB.
 */
export async function sendOutside(
  egress: Pick<Egress, 'upstream'>,
  { url, method = 'GET', headers = {}, body, timeoutMs = usualTimeoutMs }: OutsideRequest,
  signal: AbortSignal,
): Promise<Awaited<ReturnType<Stage['send']>>> {
  signal.throwIfAborted();
  const { origin, pathname, search } = new URL(url);
  const upstream = egress.upstream({ origin, maxConnections: 1 });
  const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<Stage['send']>>>();
  const chunks: Buffer[] = [];
  let status = 0;
  let answered: Record<string, string> = {};
  let sizeBytes = 0;
  const exchange = upstream.exchange(
    {
      method,
      path: pathname + search,
      headers: Object.entries(headers).flat(),
      body: body === undefined ? null : Buffer.from(body),
      timeouts: { firstByteMs: timeoutMs, idleMs: timeoutMs, totalMs: timeoutMs },
    },
    {
      onHead(code, flat) {
        status = code;
        answered = readHeaders(flat);
      },
      onData(chunk) {
        sizeBytes += chunk.length;
        if (sizeBytes > largestAnswerBytes) reject(new Error(`${origin} answered with more than 4 MiB`));
        else chunks.push(chunk);
        return true;
      },
      onEnd: () => resolve({ status, headers: answered, body: new Uint8Array(Buffer.concat(chunks)) }),
      onFailure: ({ error, message }) => reject(new Error(`${method} ${origin}: ${error}, ${message}`)),
    },
  );
  const stop = (): void => reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', stop);
    exchange.abort();
    upstream.abort();
  }
}

function readHeaders(flat: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let index = 0; index + 1 < flat.length; index += 2) {
    const name = flat[index] as string;
    const value = flat[index + 1] as string;
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return headers;
}
