import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

type SilentServer = {
  /** Reads requests and never answers; stops within the body where the path ends with `stops`, and with `garbage`
   * answers that instead of HTTP. */
  url: string;
  /** Takes connections and says nothing, not of TLS either. */
  secureUrl: string;
  openSockets(): number;
  /** That were ever opened. */
  sockets(): number;
  close(): void;
};

/** A provider on loopback that hangs in the ways that HTTP servers do not let themselves be told to. */
export async function startSilentServer(signal: AbortSignal, garbage = ''): Promise<SilentServer> {
  const open = new Set<Socket>();
  let opened = 0;
  const keep = (socket: Socket): void => {
    opened += 1;
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
  };
  const plain = createServer((socket) => {
    keep(socket);
    socket.on('data', (chunk) => {
      const [, path = ''] = chunk.toString('latin1').split(' ', 2);
      if (path.endsWith('garbage')) socket.end(garbage);
      if (!path.endsWith('stops')) return;
      socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 100\r\n\r\nhalf of it');
    });
  });
  const secure = createServer((socket) => {
    keep(socket);
    // It has to be read, or its end would not be seen.
    socket.resume();
  });
  const close = (): void => {
    for (const socket of open) socket.destroy();
    plain.close();
    secure.close();
  };
  signal.addEventListener('abort', close, { once: true });
  return {
    url: `http://127.0.0.1:${await listen(plain)}`,
    secureUrl: `https://127.0.0.1:${await listen(secure)}`,
    openSockets: () => open.size,
    sockets: () => opened,
    close,
  };
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
