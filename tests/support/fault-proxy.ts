import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What happens to the connections that are open now. */
export type ConnectionFault =
  /** Nothing passes any more, in either direction, and neither side is told. */
  | 'freeze'
  /** Both sides are reset. */
  | 'reset'
  /** The client's side is closed for writing by the server, which goes on listening. */
  | 'half-close';

/** A TCP proxy on loopback in front of a server's port or Unix socket, for connections that go wrong. */
export type FaultProxy = {
  port: number;
  /** Does it to every connection open now; new ones are fine. @returns how many there were */
  break(fault: ConnectionFault): number;
  /** Refuses what comes and resets what is there, until `up`. */
  down(): Promise<void>;
  up(): Promise<void>;
  close(): Promise<void>;
};

export async function startFaultProxy(target: { path: string } | { port: number; host: string }): Promise<FaultProxy> {
  const pairs = new Set<{ client: Socket; server: Socket }>();
  const pass = (client: Socket): void => {
    const pair = { client, server: connect({ ...target, allowHalfOpen: true }) };
    pairs.add(pair);
    client.pipe(pair.server);
    pair.server.pipe(client);
    for (const socket of [client, pair.server]) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        pairs.delete(pair);
        client.destroy();
        pair.server.destroy();
      });
    }
  };
  const make = () => createServer({ allowHalfOpen: true }, pass);
  const listen = async (port: number): Promise<void> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  let server = make();
  await listen(0);
  const { port } = server.address() as AddressInfo;

  const breakAll = (fault: ConnectionFault): number => {
    const broken = [...pairs];
    for (const { client, server: upstream } of broken) {
      client.unpipe(upstream);
      upstream.unpipe(client);
      if (fault === 'reset') {
        client.resetAndDestroy();
        // A Unix socket knows no reset.
        upstream.destroy();
      } else {
        client.pause();
        upstream.pause();
        if (fault === 'half-close') client.end();
      }
    }
    return broken.length;
  };
  const down = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    breakAll('reset');
    await closed;
  };
  return {
    port,
    break: breakAll,
    down,
    async up() {
      server = make();
      await listen(port);
    },
    async close() {
      for (const { client, server: upstream } of pairs) {
        client.destroy();
        upstream.destroy();
      }
      await down();
    },
  };
}
