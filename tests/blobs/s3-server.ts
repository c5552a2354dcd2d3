import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, request as forward, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import S3rver from 's3rver';
import { judgeRequest } from './request-signature.ts';
import { listPage } from './s3-listing.ts';

export const bucket = 'bodies';
/** The only pair that s3rver knows. */
export const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };
const region = 'us-east-1';

/** An S3 server on loopback. */
export type S3Server = {
  endpoint: string;
  region: string;
  /** Every request that came, such as `PUT /bodies/key`, with what it was refused for. */
  requests: { line: string; refused: string | null }[];
  close: () => Promise<void>;
};

/**
 * Starts s3rver behind a door that does what s3rver leaves out or gets wrong: it verifies signatures, payload hashes and
 * Content-MD5, and it folds lists and cuts them into pages (s3rver 3.7 does not look two folders deep for a delimiter,
 * and its tokens need a cipher that OpenSSL 3 no longer has).
 */
export async function startS3Server(): Promise<S3Server> {
  const directory = await mkdtemp(join(tmpdir(), 'posthorn-s3-'));
  const configureBuckets = [{ name: bucket, configs: [] }];
  const s3rver = new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory, configureBuckets });
  const { port } = await s3rver.run();
  const requests: S3Server['requests'] = [];
  const door = createServer((request, response) => {
    void admit(request, response, port, requests);
  });
  door.listen(0, '127.0.0.1');
  await once(door, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(door.address() as AddressInfo).port}`,
    region,
    requests,
    async close() {
      door.closeAllConnections();
      door.close();
      await once(door, 'close');
      await s3rver.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function admit(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  port: number,
  requests: S3Server['requests'],
): Promise<void> {
  const { method = '', url: target = '' } = incoming;
  const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
  const body = Buffer.concat((await incoming.toArray()) as Buffer[]);
  const refused = judgeRequest({ method, target, headers, body }, credentials.secretAccessKey, region);
  requests.push({ line: `${method} ${target}`, refused });
  if (refused !== null) {
    outgoing.writeHead(403, { 'content-type': 'application/xml' }).end(`<Error><Code>${refused}</Code></Error>`);
    return;
  }
  const { pathname, searchParams } = new URL(target, 'http://door');
  const isList = method === 'GET' && searchParams.get('list-type') === '2';
  const path = isList
    ? `${pathname}?list-type=2&prefix=${encodeURIComponent(searchParams.get('prefix') ?? '')}`
    : target;
  // A connection of its own for each: nothing of one request can reach the next.
  forward({ port, host: '127.0.0.1', method, path, headers, agent: false }, (answer) => {
    if (isList && answer.statusCode === 200) {
      void text(answer).then((xml) => {
        const keys = [...xml.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => key);
        outgoing.writeHead(200, { 'content-type': 'application/xml' }).end(listPage(keys, searchParams));
      });
      return;
    }
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  })
    .on('error', () => outgoing.destroy())
    .end(body);
}
