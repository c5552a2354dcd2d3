import { type AddressInfo, connect, type Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { onTestFinished } from 'vitest';
import { until } from '../support/until.ts';

/** A connection of which the test writes every byte. */
export type RawClient = {
  socket: Socket;
  /** Everything that came back so far. */
  received(): string;
  write(text: string | Buffer): void;
  /** Status lines that came back, once there are as many. */
  statuses(count: number): Promise<number[]>;
  /** Resolves when the other side has ended it. */
  closed(): Promise<void>;
};

export async function rawClient(port: number): Promise<RawClient> {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  let isClosed = false;
  socket
    .on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
    })
    .on('error', () => undefined)
    .on('close', () => {
      isClosed = true;
    });
  onTestFinished(() => void socket.destroy());
  await until('a connection', () => !socket.connecting);
  const found = () => [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  return {
    socket,
    received: () => received,
    write: (text) => void socket.write(text),
    async statuses(count) {
      await until(`${count} answers`, () => found().length >= count || isClosed);
      return found();
    },
    async closed() {
      await until('the end of the connection', () => isClosed);
    },
  };
}

export function portOf(app: FastifyInstance): number {
  return (app.server.address() as AddressInfo).port;
}
