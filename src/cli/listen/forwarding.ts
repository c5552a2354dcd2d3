import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Signer } from '../../signing/signer.rules.ts';
import { type Forwarded, isSuccess } from './forwarded.rules.ts';
import { forwardedHeaders } from './forwarded-headers.rules.ts';
import type { ListenedEvent } from './listened-line.rules.ts';

export type Forward = (event: ListenedEvent, body: Buffer, attempt: number, signal: AbortSignal) => Promise<Forwarded>;

const keptBytes = 2_048;
const labels: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  ENOTFOUND: 'no host',
  EAI_AGAIN: 'no host',
  ETIMEDOUT: 'timeout',
  ABORT_ERR: 'cut off',
};

/** Sends events to one URL, each over a connection of its own and as a delivery would be. Follows no redirect. */
export function createForward(options: {
  url: URL;
  signer: Signer;
  timeoutMs: number;
  userAgent: string;
  /** Unix milliseconds. */
  now: () => number;
}): Forward {
  const { url, signer, timeoutMs, userAgent } = options;
  return (event, body, attempt, signal) => {
    const startedAtMs = performance.now();
    const timestampSeconds = Math.floor(options.now() / 1000);
    const headers = forwardedHeaders(event, { signer, body, timestampSeconds, attempt, userAgent });
    return new Promise((resolve) => {
      const timeout = AbortSignal.timeout(timeoutMs);
      const end = (rest: Omit<Forwarded, 'durationMs'>): void =>
        resolve({ ...rest, durationMs: performance.now() - startedAtMs });
      const fail = (error: unknown): void =>
        timeout.aborted
          ? end({ status: null, error: 'timeout', detail: `no whole answer in ${timeoutMs / 1000} s` })
          : end({ status: null, ...explain(error) });
      const whenAborted = AbortSignal.any([signal, timeout]);
      const request = url.protocol === 'https:' ? requestHttps : requestHttp;
      const sent: ClientRequest = request(url, { method: 'POST', headers, agent: false, signal: whenAborted });
      sent.on('error', fail);
      sent.on('response', (response) => {
        readStart(response).then((start) => {
          const status = response.statusCode ?? 0;
          end({ status, error: null, detail: isSuccess({ status }) ? null : aboutRefusal(response, start) });
        }, fail);
      });
      sent.end(body);
    });
  };
}

async function readStart(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    if (size < keptBytes) chunks.push(chunk.subarray(0, keptBytes - size));
    size += chunk.length;
  }
  return Buffer.concat(chunks).toString('utf8').trim();
}

function aboutRefusal(response: IncomingMessage, start: string): string | null {
  const { location } = response.headers;
  if (location !== undefined) return `to ${location}: redirects are failures, as for a delivery`;
  return start === '' ? null : start;
}

function explain(error: unknown): { error: string; detail: string } {
  const cause = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  const { code, message } = cause instanceof Error ? (cause as NodeJS.ErrnoException) : { message: String(cause) };
  const isTls = code !== undefined && /CERT|SSL|TLS/.test(code);
  return { error: labels[code ?? ''] ?? (isTls ? 'TLS' : 'failed'), detail: message };
}
