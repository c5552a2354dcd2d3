import type { Egress } from '../egress/create-egress.ts';
import { TokenRequestFailure, type TokenAnswer, type TokenRequester } from './token-request.ts';

const timeouts = { firstByteMs: 10_000, idleMs: 10_000, totalMs: 15_000 };
const mostAnswerBytes = 65_536;
const mostHeaderBytes = 16_384;

/**
 * Asks over the guarded egress: addresses are judged, redirects not followed, answers bounded. Tokens are asked for so
 * seldom that every request has a connection of its own.
 */
export function createTokenRequester(egress: Pick<Egress, 'upstream'>): TokenRequester {
  return async ({ method, url, headers, body }) => {
    const { origin, pathname, search } = new URL(url);
    const upstream = egress.upstream({ origin, maxConnections: 1 });
    const { promise, resolve, reject } = Promise.withResolvers<TokenAnswer>();
    const chunks: Buffer[] = [];
    let status = 0;
    let answerHeaders = new Map<string, string>();
    let sizeBytes = 0;
    const refuse = (what: string): void => {
      exchange.abort();
      reject(new TokenRequestFailure(what));
    };
    const exchange = upstream.exchange(
      {
        method,
        path: pathname + search,
        headers: ['user-agent', 'Posthorn', ...Object.entries(headers).flat()],
        body: body === null ? null : Buffer.from(body, 'utf8'),
        timeouts,
      },
      {
        onHead(answeredStatus, flat) {
          status = answeredStatus;
          answerHeaders = readHeaders(flat);
        },
        onData(chunk) {
          sizeBytes += chunk.length;
          if (sizeBytes > mostAnswerBytes) refuse('answered with more than 64 kB');
          else chunks.push(chunk);
          return true;
        },
        onEnd: () => resolve({ status, headers: answerHeaders, body: Buffer.concat(chunks) }),
        // Only the kind is told: where a name leads, or what a server sent, is nobody's business here.
        onFailure: ({ error, message }) =>
          reject(new TokenRequestFailure(`did not answer (${error === 'blocked' ? message : error})`)),
      },
    );
    try {
      return await promise;
    } finally {
      upstream.close();
    }
  };
}

function readHeaders(flat: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  let sizeBytes = 0;
  for (let index = 0; index + 1 < flat.length; index += 2) {
    const [name = '', value = ''] = [flat[index], flat[index + 1]];
    sizeBytes += name.length + value.length;
    if (sizeBytes > mostHeaderBytes) break;
    headers.set(name, value);
  }
  return headers;
}
