import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { callingForTest, providerForTest } from '../faults/calling-parts.ts';
import { createOwnDatabase } from '../support/own-database.ts';

/** What an upstream was asked, every byte of the head as it came. */
export type UpstreamRequest = { method: string; url: string; rawHeaders: string[]; body: string };

const basePath = '/base/v1';

/**
 * A Posthorn with a connection to the API of one upstream, below a base path, and another upstream on the same machine
 * that no call may ever reach.
 */
export async function upstreamPairForTest() {
  const stand = await callingForTest({ env: { DATABASE_URL: (await createOwnDatabase()).url } });
  const seen: UpstreamRequest[] = [];
  const outside: string[] = [];
  const inside = await providerForTest((request, response) => {
    const { method = '', url = '', rawHeaders } = request;
    void buffer(request).then(
      (body) => {
        seen.push({ method, url, rawHeaders, body: body.toString('latin1') });
        response.setHeader('x-upstream', 'inside').end('inside');
      },
      () => undefined,
    );
  });
  const other = await providerForTest(({ url = '' }, response) => {
    outside.push(url);
    response.end('outside');
  });
  const connection = await stand.connect(inside.url + basePath);
  const key = await stand.keyFor(['connections:call']);
  const port = stand.port();
  return {
    stand,
    connection,
    key,
    /** Requests that came, in order. */
    seen,
    /** Requests that must not have come. */
    outside,
    insideHost: `127.0.0.1:${inside.port}`,
    outsideHost: `127.0.0.1:${other.port}`,
    /** The path of the connection. */
    prefix: `/egress/${connection}`,
    /** Writes bytes on a connection of its own, as they are. @returns all that comes back until the other side ends it */
    write: (bytes: string | Buffer) => writeRaw(port, bytes),
  };
}

export type UpstreamPair = Awaited<ReturnType<typeof upstreamPairForTest>>;

const patienceMs = 20_000;

function writeRaw(port: number, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let received = '';
    const late = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no end of the connection; so far: ${received.slice(0, 300)}`));
    }, patienceMs);
    socket
      .on('data', (chunk: Buffer) => {
        received += chunk.toString('latin1');
      })
      .on('error', () => undefined)
      .on('close', () => {
        clearTimeout(late);
        resolve(received);
      });
    socket.write(bytes);
  });
}

/** Statuses of the answers in what came back. */
export function statusesIn(received: string): number[] {
  return [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}

/** Whether a path is below the base path for whoever reads it: as it is, decoded, or with backslashes for slashes. */
export function isBelowBase(url: string): boolean {
  let path = url.split(/[?#]/, 1)[0] ?? '';
  for (let layer = 0; layer < 5; layer += 1) {
    const read = path.replaceAll('\\', '/').replaceAll(/;[^/]*/g, '');
    const below = (text: string): boolean => text === basePath || text.startsWith(`${basePath}/`);
    if (!below(path) || !below(read) || !below(new URL(read, 'http://base.invalid').pathname)) return false;
    const decoded = path.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    if (decoded === path) return true;
    path = decoded;
  }
  return false;
}

/** The first value of a header. */
export function headerIn({ rawHeaders }: UpstreamRequest, name: string): string | null {
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === name) return rawHeaders[index + 1] ?? '';
  }
  return null;
}
