import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, onTestFinished, test } from 'vitest';
import { until } from '../../tests/support/until.ts';
import { RelayedBody } from './relayed-body.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** The body of a request of so many bytes, on its way. */
async function bodyOf(bytes: number): Promise<RelayedBody> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const upload = request({ port, host: '127.0.0.1', method: 'POST', agent: false });
  upload.on('error', () => undefined);
  onTestFinished(() => {
    upload.destroy();
    server.close();
  });
  upload.end(Buffer.alloc(bytes, 'x'));
  const [incoming] = (await once(server, 'request')) as [IncomingMessage];
  return new RelayedBody(incoming, [], () => undefined);
}

test('pieces keep their memory while the connection takes them, and give it back when it has taken all', async () => {
  const body = await bodyOf(2_000_000);
  const handedOn: Buffer[] = [];
  const lengths: number[] = [];
  body.on('data', (piece: Buffer) => {
    handedOn.push(piece);
    lengths.push(piece.length);
    body.pause();
  });
  await until('a piece and others behind it', () => handedOn.length === 1 && body.readableLength > 100_000);
  expect(handedOn[0]).toHaveLength(lengths[0] as number);
  body.resume();
  expect(handedOn[0]).toHaveLength(0);
  await until('the next piece', () => handedOn.length === 2);
  expect(handedOn[1]?.equals(Buffer.alloc(lengths[1] as number, 'x'))).toBe(true);
});

test('pieces that a connection took without ever being full are not kept', async () => {
  const body = await bodyOf(6_000_000);
  const alive = new Set<WeakRef<Buffer>>();
  body.on('data', (piece: Buffer) => alive.add(new WeakRef(piece)));
  await once(body, 'end');
  const bytesHeld = (): number => {
    collectGarbage();
    let bytes = 0;
    for (const each of alive) bytes += each.deref()?.length ?? 0;
    return bytes;
  };
  await until('the others to be collected', () => bytesHeld() < 1_500_000);
  expect(body.readableEnded).toBe(true);
});
