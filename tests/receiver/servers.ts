import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import express from 'express';
import { fastify } from 'fastify';
import { expressHandler } from '../../src/receiver/express-handler.ts';
import { fastifyHandler } from '../../src/receiver/fastify-handler.ts';
import { type FetchHandler, fetchHandler } from '../../src/receiver/fetch-handler.ts';
import type { ReceiverOptions } from '../../src/receiver/receiver-options.ts';

/** A real server with a receiver at `/webhooks` and, where it has routes, one at `/echo` that takes JSON as usual. */
export type ReceiverServer = { url: string; port: number; close(): Promise<void> };
export type StartServer = (options: ReceiverOptions) => Promise<ReceiverServer>;

export const servers: Record<'Express' | 'Fastify' | 'a fetch handler', StartServer> = {
  Express: startExpress,
  Fastify: startFastify,
  'a fetch handler': startFetch,
};

export async function startExpress(options: ReceiverOptions): Promise<ReceiverServer> {
  const handler = expressHandler(options);
  const app = express();
  app.post('/webhooks', handler);
  app.post('/parsed', express.json(), expressHandler(options));
  app.post('/raw', express.raw({ type: '*/*' }), expressHandler(options));
  app.use(express.json());
  app.post('/echo', (request, response) => void response.json(request.body));
  return listening(createServer(app), handler.idle);
}

async function startFastify(options: ReceiverOptions): Promise<ReceiverServer> {
  const app = fastify();
  app.post('/echo', (request, reply) => reply.send(request.body));
  await app.register(fastifyHandler(options), { prefix: '/webhooks' });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    const closed = app.close();
    app.server.closeAllConnections();
    await closed;
  };
  return { url: `http://127.0.0.1:${port}/webhooks`, port, close };
}

async function startFetch(options: ReceiverOptions): Promise<ReceiverServer> {
  const handler = fetchHandler(options);
  return listening(serveFetch(handler), handler.idle);
}

/** Node's server in front of a handler of web requests, as Hono's and Next's adapters are. */
function serveFetch(handler: FetchHandler): Server {
  return createServer((incoming, outgoing) => {
    const headers = new Headers();
    for (let index = 0; index < incoming.rawHeaders.length; index += 2) {
      headers.append(incoming.rawHeaders[index] as string, incoming.rawHeaders[index + 1] as string);
    }
    const hasBody = incoming.method !== 'GET' && incoming.method !== 'HEAD';
    const request = new Request(`http://127.0.0.1${incoming.url}`, {
      method: incoming.method ?? 'GET',
      headers,
      ...(hasBody ? { body: Readable.toWeb(incoming) as ReadableStream<Uint8Array>, duplex: 'half' } : {}),
    });
    void handler(request).then(async (response) => {
      outgoing.writeHead(response.status, Object.fromEntries(response.headers));
      outgoing.end(await response.text());
    });
  });
}

async function listening(server: Server, idle: () => Promise<void>): Promise<ReceiverServer> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
    await idle();
  };
  return { url: `http://127.0.0.1:${port}/webhooks`, port, close };
}
