import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { makePdf } from '../../src/simulation/pdf.rules.ts';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A provider on loopback that answers as the test says, path by path; 404 for all else. */
export type FakeProvider = {
  url: string;
  /** What was asked for, in order. */
  asked: string[];
  on(path: string, handler: Handler): void;
  close(): Promise<void>;
};

export async function startFakeProvider(): Promise<FakeProvider> {
  const handlers = new Map<string, Handler>();
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    const handler = handlers.get(path) ?? ((_request, answer) => answer.writeHead(404).end('{"message":"not found"}'));
    handler(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    on: (path, handler) => void handlers.set(path, handler),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export function answerJson(body: unknown): Handler {
  return (_request, response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

export function answerPdf(body: Buffer): Handler {
  return (_request, response) =>
    response.writeHead(200, { 'content-type': 'application/pdf', 'content-length': body.length }).end(body);
}

export function answerStatus(status: number, headers: Record<string, string> = {}): Handler {
  return (_request, response) => response.writeHead(status, headers).end();
}

export const paths = {
  envelope: (id: string) => `/api/v2/envelope/${id}`,
  item: (id: string) => `/api/v2/envelope/item/${id}_item/download?version=signed`,
  certificate: (id: string) => `/api/v2/envelope/${id}/certificate/download`,
  auditLog: (id: string) => `/api/v2/envelope/${id}/audit-log/download`,
};

/** An envelope as Documenso has it when it is completed, with its three PDFs, which are given back. */
export function completeEnvelope(provider: FakeProvider, id: string, sizeBytes = 2000) {
  const pdfs = { signed: makePdf(sizeBytes), certificate: makePdf(sizeBytes + 1), auditLog: makePdf(sizeBytes + 2) };
  const envelopeItems = [{ id: `${id}_item`, title: 'Lease.pdf', order: 1 }];
  provider.on(paths.envelope(id), answerJson({ id, status: 'COMPLETED', envelopeItems }));
  provider.on(paths.item(id), answerPdf(pdfs.signed));
  provider.on(paths.certificate(id), answerPdf(pdfs.certificate));
  provider.on(paths.auditLog(id), answerPdf(pdfs.auditLog));
  return pdfs;
}
