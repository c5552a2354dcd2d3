import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';

/** A server on loopback that hands each connection, and each request on it, to the test. */
export type RawServer = {
  port: number;
  /** How many connections were made. */
  connections(): number;
  /** Every request received, head and body as text. */
  requests: string[];
  close(): Promise<void>;
};

/** Starts it. `answer` is called once per complete request, with the connection and the request's number from 0. */
export async function startRawServer(
  answer: (socket: Socket, request: string, number: number) => void,
): Promise<RawServer> {
  const sockets = new Set<Socket>();
  const requests: string[] = [];
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
    onRequests(socket, (request) => {
      requests.push(request);
      answer(socket, request, requests.length - 1);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    requests,
    connections: () => connections,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Calls back for each request whose body has arrived whole. */
export function onRequests(socket: Socket, receive: (request: string) => void): void {
  let received = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    received += chunk;
    for (;;) {
      const head = received.indexOf('\r\n\r\n');
      if (head === -1) return;
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(received.slice(0, head))?.[1] ?? 0);
      const end = head + 4 + length;
      if (received.length < end) return;
      const request = received.slice(0, end);
      received = received.slice(end);
      receive(request);
    }
  });
}

/** A response with its length, ready to write. */
export function response(status: number, body = '', headers: Record<string, string> = {}): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} X\r\n${lines.join('')}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}
