import type { Egress } from '../../egress/create-egress.ts';
import type { ProbedAnswer } from './http-probe.rules.ts';

const bodyBytes = 64 * 1024;

/** One GET through the guard of all requests, without credentials and without following a redirect. Never rejects. */
export async function probeUrl(
  egress: Pick<Egress, 'upstream'>,
  url: string,
  timeoutMs: number,
): Promise<ProbedAnswer> {
  const { origin, pathname, search } = new URL(url);
  const upstream = egress.upstream({ origin, maxConnections: 1 });
  const { promise, resolve } = Promise.withResolvers<ProbedAnswer>();
  const chunks: Buffer[] = [];
  let size = 0;
  let status = 0;
  const startedMs = performance.now();
  const answer = (): void => {
    const body = Buffer.concat(chunks).subarray(0, bodyBytes).toString('utf8');
    resolve({ kind: 'answer', status, body, isCut: size > bodyBytes, totalMs: performance.now() - startedMs });
  };
  const exchange = upstream.exchange(
    {
      method: 'GET',
      path: `${pathname}${search}`,
      headers: ['accept', '*/*', 'user-agent', 'Posthorn-readiness'],
      body: null,
      timeouts: { firstByteMs: timeoutMs, idleMs: timeoutMs, totalMs: timeoutMs },
    },
    {
      onHead(code) {
        status = code;
      },
      onData(chunk) {
        chunks.push(chunk);
        size += chunk.length;
        if (size <= bodyBytes) return true;
        exchange.abort();
        answer();
        return false;
      },
      onEnd: answer,
      // Only the kind is told: where a name leads, or what a server sent, is nobody's business here.
      onFailure: ({ error, message }) => resolve({ kind: 'failure', reason: error === 'blocked' ? message : error }),
    },
  );
  try {
    return await promise;
  } finally {
    upstream.close();
  }
}
