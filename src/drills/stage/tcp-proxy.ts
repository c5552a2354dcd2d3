import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP port on loopback that leads to a server's Unix socket, until it is cut. */
export type TcpProxy = {
  readonly port: number;
  /** Resets what is connected, and refuses what comes, until `restore`. */
  cut(): Promise<void>;
  /** At the same port. */
  restore(): Promise<void>;
  close(): Promise<void>;
};

export async function startTcpProxy(target: { path: string }): Promise<TcpProxy> {
  const open = new Set<Socket>();
  const pass = (client: Socket): void => {
    const upstream = connect(target);
    client.pipe(upstream);
    upstream.pipe(client);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
    }
  };
  let server: Server = createServer(pass);
  const listen = async (port: number): Promise<void> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const cut = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of open) {
      // A Unix socket knows no reset.
      if (socket.remoteAddress === undefined) socket.destroy();
      else socket.resetAndDestroy();
    }
    await closed;
  };
  return {
    port,
    cut,
    async restore() {
      if (server.listening) return;
      server = createServer(pass);
      await listen(port);
    },
    close: cut,
  };
}
