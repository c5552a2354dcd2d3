import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { writeTogether } from './write-together.ts';

const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** Two connections, and the first piece that arrives over each. */
async function connectTwice(): Promise<{ sockets: [Socket, Socket]; received: [Promise<string>, Promise<string>] }> {
  const server = createServer().listen(0, '127.0.0.1');
  cleanups.push(() => {
    server.close();
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const open = async (): Promise<[Socket, Promise<string>]> => {
    const accepted = once(server, 'connection');
    const socket = connect(port, '127.0.0.1');
    const [other] = (await accepted) as [Socket];
    cleanups.push(() => {
      socket.destroy();
      other.destroy();
    });
    if (socket.connecting) await once(socket, 'connect');
    const first = once(
      other.on('error', () => undefined),
      'data',
    ).then(([chunk]) => String(chunk));
    return [socket, first];
  };
  const [one, fromOne] = await open();
  const [two, fromTwo] = await open();
  fromOne.catch(() => undefined);
  return { sockets: [one, two], received: [fromOne, fromTwo] };
}

const turnOver = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('sockets that are written together', () => {
  test('are written when the turn of the event loop is over, also what was written in pieces or in two goes', async () => {
    const { sockets, received } = await connectTwice();
    const [one, two] = sockets;
    for (const socket of sockets) writeTogether(socket);
    one.write('a');
    one.write('b');
    writeTogether(one);
    one.write('c');
    two.write('d');
    expect([one.writableLength, two.writableLength]).toEqual([3, 1]);
    await turnOver();
    expect([one.writableCorked, two.writableCorked]).toEqual([0, 0]);
    expect(await Promise.all(received)).toEqual(['abc', 'd']);
  });

  test('do not hold one another up when one is gone', async () => {
    const { sockets, received } = await connectTwice();
    const [one, two] = sockets;
    for (const socket of sockets) writeTogether(socket);
    one.destroy();
    two.write('d');
    expect(await received[1]).toBe('d');
  });
});
