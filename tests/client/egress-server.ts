import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { onTestFinished } from 'vitest';
import { createPosthorn, type Posthorn } from '../../src/client/create-posthorn.ts';

export const connectionId = 'con_01h455vb4pex5vsknk084sn02q';
export const key = 'phk_a-key-of-the-tests';

/** A call as a provider gets it: `path` is below the connection's base URL. */
export type ProviderCall = {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  incoming: IncomingMessage;
  outgoing: ServerResponse;
  body: () => Promise<Buffer>;
};

/** What a provider answers, or Posthorn for it; null: the handler has answered by itself. */
export type Answered =
  | { status?: number; headers?: Record<string, string>; json?: unknown; body?: string | Buffer | Readable }
  | { problem: string; status: number; retryAfterSeconds?: number; detail?: string }
  | null;

export type Egress = { url: string; client: Posthorn; calls: ProviderCall[]; connections: () => number };

/** A server with the contract of /egress: keys, connections, problems, and headers of its own on what providers answer. */
export async function startEgress(provider: (call: ProviderCall) => Answered | Promise<Answered>): Promise<Egress> {
  const calls: ProviderCall[] = [];
  let connections = 0;
  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const url = new URL(incoming.url ?? '/', 'http://posthorn');
    const prefix = `/egress/${connectionId}`;
    if (incoming.headers.authorization !== `Bearer ${key}`) {
      return answerProblem(outgoing, { problem: 'unauthorized', status: 401 });
    }
    if (!url.pathname.startsWith(`${prefix}/`)) return answerProblem(outgoing, { problem: 'not_found', status: 404 });
    const path = url.pathname.slice(prefix.length);
    const { method = '', headers } = incoming;
    const body = (): Promise<Buffer> => buffer(incoming);
    const call = { method, path, query: url.searchParams, headers, incoming, outgoing, body };
    calls.push(call);
    outgoing.setHeader('posthorn-call-id', `call_${calls.length}`);
    const answered = await provider(call);
    if (answered === null) return;
    if ('problem' in answered) return answerProblem(outgoing, answered);
    await answerAsProvider(outgoing, answered);
  };
  const server = createServer((incoming, outgoing) => {
    handle(incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.on('connection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, client: createPosthorn({ url, key }), calls, connections: () => connections };
}

async function answerAsProvider(
  outgoing: ServerResponse,
  { status = 200, headers = {}, json, body = '' }: Exclude<Answered, null | { problem: string }>,
): Promise<void> {
  const own = { 'posthorn-attempts': '1', 'posthorn-cache': 'bypass', 'posthorn-breaker': 'closed' };
  const type = json === undefined ? {} : { 'content-type': 'application/json' };
  outgoing.writeHead(status, { ...own, ...type, ...headers });
  if (body instanceof Readable) await pipeline(body, outgoing);
  else outgoing.end(json === undefined ? body : JSON.stringify(json));
}

function answerProblem(
  outgoing: ServerResponse,
  answer: { problem: string; status: number; retryAfterSeconds?: number; detail?: string },
): void {
  const { problem: code, status, retryAfterSeconds, detail = 'What happened, and how to mend it.' } = answer;
  const wait = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  outgoing.writeHead(status, {
    'content-type': 'application/problem+json; charset=utf-8',
    'posthorn-request-id': 'req_1',
    ...wait,
  });
  const type = `/docs/problems#${code}`;
  outgoing.end(JSON.stringify({ type, title: 'A title', status, code, detail, instance: 'req_1' }));
}
