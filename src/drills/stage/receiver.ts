import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Answer, DrillReceiver, ReceivedRequest } from '../stage.ts';

const largestBodyBytes = 32 * 1024 * 1024;

/** An HTTP server on loopback that answers as told, and keeps what it was sent in the order in which it was whole. */
export async function startReceiver(first: Answer): Promise<DrillReceiver> {
  const requests: ReceivedRequest[] = [];
  let answer = first;
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    void take(request)
      .then((received) => {
        requests.push(received);
        reply(request, response, answer(received, requests.length));
      })
      .catch(() => request.socket.destroy());
  };
  let server: Server = createServer(listener);
  const listen = async (port: number): Promise<void> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    answerWith(next) {
      answer = next;
    },
    async close() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
    async open() {
      if (server.listening) return;
      server = createServer(listener);
      await listen(port);
    },
  };
}

async function take(request: IncomingMessage): Promise<ReceivedRequest> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > largestBodyBytes) throw new Error('the body is too large');
    chunks.push(chunk);
  }
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
  const body = new Uint8Array(Buffer.concat(chunks));
  return { atMs: Date.now(), method: request.method ?? '', path: request.url ?? '/', headers, body };
}

function reply(request: IncomingMessage, response: ServerResponse, told: ReturnType<Answer>): void {
  if (told === 'hang') return;
  if (told === 'reset') {
    request.socket.resetAndDestroy();
    return;
  }
  const send = (): void => {
    if (!response.destroyed) response.writeHead(told.status, { ...told.headers }).end(told.body ?? '');
  };
  if (told.afterMs === undefined || told.afterMs <= 0) send();
  else setTimeout(send, told.afterMs).unref();
}
