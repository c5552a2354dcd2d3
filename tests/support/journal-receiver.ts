import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** One request that arrived whole. `place` is its path without the slash: which endpoint it was for. */
export type Reception = {
  place: string;
  eventId: string;
  attempt: number;
  type: string;
  body: string;
  headers: http.IncomingHttpHeaders;
  atMs: number;
  /** What it was answered with; null until then. */
  status: number | null;
};

/** Answers a reception: a status, or whatever it likes to do with the response itself. */
type Behaviour = (reception: Reception, response: http.ServerResponse) => number | void | Promise<number | void>;

export type JournalReceiver = {
  url(place: string): string;
  /** Everything that arrived, in order. */
  receptions: Reception[];
  of(place: string): Reception[];
  behave(place: string, behaviour: Behaviour): void;
  close(): Promise<void>;
};

/** A receiver on loopback that keeps a journal. A place without a behaviour of its own answers 200. */
export async function startReceiver(): Promise<JournalReceiver> {
  const receptions: Reception[] = [];
  const behaviours = new Map<string, Behaviour>();
  const sockets = new Set<Socket>();

  const receive = async (request: http.IncomingMessage, response: http.ServerResponse, body: string): Promise<void> => {
    const place = (request.url ?? '/').slice(1).split('?', 1)[0] as string;
    const reception: Reception = {
      place,
      eventId: String(request.headers['webhook-id']),
      attempt: Number(request.headers['posthorn-attempt']),
      type: String(request.headers['posthorn-event-type']),
      body,
      headers: request.headers,
      atMs: performance.now(),
      status: null,
    };
    receptions.push(reception);
    const status = await (behaviours.get(place) ?? (() => 200))(reception, response);
    if (typeof status !== 'number') return;
    reception.status = status;
    response.writeHead(status).end('ok');
  };

  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    request.on('end', () => void receive(request, response, Buffer.concat(chunks).toString()));
  });
  // An idle connection that the receiver closes as it is used again would add resets that no test meant.
  server.keepAliveTimeout = 0;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: (place) => `http://127.0.0.1:${port}/${place}`,
    receptions,
    of: (place) => receptions.filter((reception) => reception.place === place),
    behave(place, behaviour) {
      behaviours.set(place, behaviour);
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
