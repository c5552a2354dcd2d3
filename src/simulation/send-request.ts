import { rootCertificates } from 'node:tls';
import { Agent, type Dispatcher } from 'undici';
import type { Outcome, SimulatedRequest } from './simulated-request.ts';

/** What of an answer is kept; the rest is read and dropped. */
const keptBytes = 16_384;
/** Whoever answers with more is not waited for. */
const mostBytes = 1_000_000;

/**
 * Connections to a receiver. The guard of `egress` is not in between: a user names the receiver on the command line,
 * which more often than not is on this machine.
 */
export function openConnections(options: { connections: number; caPem: string | undefined }): Agent {
  const { connections, caPem } = options;
  return new Agent({
    connections,
    pipelining: 1,
    // `sendRequest` has a time limit of its own for the whole of it.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: caPem === undefined ? {} : { ca: [...rootCertificates, caPem] },
  });
}

/** Sends it once and follows no redirect. Never rejects: what went wrong is in the outcome. */
export async function sendRequest(
  dispatcher: Dispatcher,
  request: SimulatedRequest,
  limits: { timeoutMs: number; signal: AbortSignal },
): Promise<Outcome> {
  const startedAt = performance.now();
  const took = (): number => performance.now() - startedAt;
  const url = new URL(request.url);
  const stop = new AbortController();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    stop.abort();
  }, limits.timeoutMs);
  const cancel = (): void => stop.abort();
  limits.signal.addEventListener('abort', cancel, { once: true });
  if (limits.signal.aborted) cancel();
  try {
    const answer = await dispatcher.request({
      method: request.method,
      origin: url.origin,
      path: url.pathname + url.search,
      headers: request.headers.flat(),
      body: request.method === 'GET' ? null : request.body,
      signal: stop.signal,
    });
    const body = await readSome(answer.body);
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(answer.headers)) headers[name] = [value ?? ''].flat().join(', ');
    return { status: answer.statusCode, error: null, body, headers, tookMs: took() };
  } catch (error) {
    const cause = limits.signal.aborted ? 'cancelled' : isLate ? 'timeout' : causeOf(error);
    return { status: null, error: cause, body: '', headers: {}, tookMs: took() };
  } finally {
    clearTimeout(timer);
    limits.signal.removeEventListener('abort', cancel);
  }
}

async function readSome(body: AsyncIterable<Buffer>): Promise<string> {
  const kept: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    if (size < keptBytes) kept.push(chunk.subarray(0, keptBytes - size));
    size += chunk.length;
    if (size > mostBytes) break;
  }
  return Buffer.concat(kept).toString('utf8');
}

function causeOf(error: unknown): Outcome['error'] {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ECONNREFUSED') return 'refused';
  if (/^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/.test(code)) return 'reset';
  if (/^(ENOTFOUND|EAI_\w+)$/.test(code)) return 'name';
  if (/^(ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)$/.test(code)) return 'timeout';
  return /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_/.test(code) ? 'tls' : 'other';
}
