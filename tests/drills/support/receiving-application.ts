import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DedupeStore } from '../../../src/receiver/dedupe-store.ts';
import { expressHandler } from '../../../src/receiver/express-handler.ts';
import { memoryStore } from '../../../src/receiver/memory-store.ts';
import type { DrilledGateway } from './drilled-gateway.ts';

/** An application behind an endpoint of the drilled team, made with posthorn/receiver, that can be spoiled. */
export type ReceivingApplication = {
  /** `forgets` remembers nothing that it handled; `trusts` says 200 to whatever comes. */
  defect: 'forgets' | 'trusts' | null;
  server: Server;
};

type Made = { id: string; secret: string };

/** Answers the id of its endpoint, and keeps what ends it with the process. */
export async function startReceivingApplication(
  application: ReceivingApplication,
  { api, team }: DrilledGateway,
): Promise<string> {
  const { server } = application;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  const { port } = server.address() as AddressInfo;
  const at = `/v1/teams/${team}`;
  // Another proof may have made it for its own.
  await api.ask('POST', `${at}/event-types`, { name: 'invoice.paid', example: { invoice: 'INV-7' } });
  const body = { url: `http://127.0.0.1:${port}/hooks`, eventTypes: ['invoice.*'] };
  const { id, secret } = await api.call<Made>('POST', `${at}/endpoints`, body);
  const remembered = memoryStore();
  const store: DedupeStore = {
    ...remembered,
    claim: (event) => (application.defect === 'forgets' ? Promise.resolve('new') : remembered.claim(event)),
  };
  const handle = expressHandler({ secret, store, onEvent: () => Promise.resolve() });
  server.on('request', (request, response) => {
    if (application.defect !== 'trusts') handle(request, response);
    else request.resume().on('end', () => response.end('ok'));
  });
  return id;
}

export function receivingApplication(): ReceivingApplication {
  return { defect: null, server: createServer() };
}
