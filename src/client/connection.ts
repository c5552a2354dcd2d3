import { connectionUrl } from './connection-url.rules.ts';
import { PosthornError } from './posthorn-error.ts';
import { readAnswer } from './read-answer.ts';
import { isRepeatable } from './retry.rules.ts';
import type { ReadSettings } from './settings.rules.ts';

/** A provider's account as Posthorn keeps it. */
export type Connection = {
  readonly id: string;
  /**
   * The global `fetch`, through the connection: the provider's credentials, limits and retries are Posthorn's part.
   * Resolves to whatever the provider answers, errors and redirects too; bodies stream both ways.
   * @param path below the connection's base URL, with its query; begins with a slash
   * @throws PosthornError when Posthorn, or the way to it, ended the call
   * @throws what `init.signal` was aborted with, as `fetch` does; TypeError for what cannot be sent
   */
  fetch(path: string, init?: RequestInit): Promise<Response>;
};

/** Errors of connecting, of a request that never left: it may be sent again whatever it does. */
const neverSent: ReadonlySet<unknown> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']);

export function createConnection(id: string, { base, key }: ReadSettings, fetchIt: typeof fetch): Connection {
  return {
    id,
    async fetch(path, init = {}) {
      const url = connectionUrl(base, id, path);
      const headers = new Headers(init.headers);
      headers.set('authorization', `Bearer ${key}`);
      const method = init.method ?? 'GET';
      const mayRepeat = isRepeatable(method, headers);
      const streams = init.body === undefined || init.body === null ? {} : { duplex: 'half' as const };
      let response: Response;
      try {
        // A redirect is the provider's answer: followed from here, it would lead past the connection.
        response = await fetchIt(url, { ...streams, ...init, headers, redirect: 'manual' });
      } catch (error) {
        if (init.signal?.aborted === true) throw error;
        // What was handed in wrongly has no cause; what the network did has one.
        const { cause } = error as { cause?: { code?: unknown } };
        if (cause === undefined) throw error;
        const isNeverSent = neverSent.has(cause.code);
        throw new PosthornError('unreachable', `No answer from Posthorn at ${base}.`, {
          retryable: true,
          mayRepeat: mayRepeat || isNeverSent,
          cause: error,
        });
      }
      return await readAnswer(response, { base, method, mayRepeat, nowMs: Date.now() });
    },
  };
}
