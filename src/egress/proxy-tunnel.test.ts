import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer as createTcpServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Authority, Certificate } from '../../tests/support/certificates.ts';
import { createAuthority } from '../../tests/support/certificates.ts';
import { answered, createTestEgress, failed, post } from '../../tests/support/egress.ts';
import { onRequests, response } from '../../tests/support/raw-server.ts';
import type { EgressOptions } from './create-egress.ts';
import { parseNoProxy, parseProxyUrl } from './proxy.rules.ts';

const cleanups: (() => Promise<unknown>)[] = [];
let authority: Authority;
let certificate: Certificate;

beforeAll(() => {
  authority = createAuthority();
  certificate = authority.issue('DNS:receiver.test,DNS:proxy.test');
});

afterAll(() => authority.remove());

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function listen(server: Server, sockets: Set<Socket>): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  return (server.address() as AddressInfo).port;
}

async function startReceiver(): Promise<number> {
  const sockets = new Set<Socket>();
  const { certPem: cert, keyPem: key } = certificate;
  const server = createTlsServer({ cert, key }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    onRequests(socket, () => socket.write(response(200)));
  });
  return await listen(server, sockets);
}

/** A proxy that connects tunnels to the receiver whatever they ask for, and records what they ask for. */
async function startProxy(receiverPort: number, options: { secure?: boolean; refuse?: string; early?: string } = {}) {
  const sockets = new Set<Socket>();
  const asked: string[] = [];
  const accept = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    let head = '';
    const read = (chunk: Buffer): void => {
      head += chunk.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      socket.off('data', read);
      asked.push(head);
      if (options.refuse !== undefined) {
        socket.end(options.refuse);
        return;
      }
      const onward = connect(receiverPort, '127.0.0.1');
      sockets.add(onward);
      onward.on('error', () => socket.destroy());
      socket.write(`HTTP/1.1 200 Connection established\r\nvia: test\r\n\r\n${options.early ?? ''}`);
      socket.pipe(onward).pipe(socket);
    };
    socket.on('data', read);
  };
  const { certPem: cert, keyPem: key } = certificate;
  const server = options.secure === true ? createTlsServer({ cert, key }, accept) : createTcpServer(accept);
  const port = await listen(server, sockets);
  return { port, asked };
}

type ProxySetting = { url: string; noProxy: string; resolvesNames?: boolean };

function egressThrough({ url, noProxy, resolvesNames = false }: ProxySetting, options: Partial<EgressOptions> = {}) {
  const to = parseProxyUrl(url);
  if (to === null) throw new Error('the proxy of the test has no URL');
  const proxy = { to, bypass: parseNoProxy(noProxy), resolvesNames };
  const egress = createTestEgress({ proxy, caPem: authority.caPem, ...options });
  cleanups.push(() => egress.close());
  return egress;
}

describe('reaching https receivers through a proxy', () => {
  it('asks it for the validated address, with its credentials, and speaks TLS with the receiver', async () => {
    const receiver = await startReceiver();
    const proxy = await startProxy(receiver);
    const egress = egressThrough({ url: `http://me:secret@127.0.0.1:${proxy.port}`, noProxy: '' });
    const destination = egress.destination({ url: `https://receiver.test:${receiver}/x`, maxConnections: 1 });
    await answered(post(destination));
    expect(await answered(post(destination))).toMatchObject({ reusedConnection: true });
    expect(proxy.asked).toEqual([
      `CONNECT 127.0.0.1:${receiver} HTTP/1.1\r\nhost: 127.0.0.1:${receiver}\r\n` +
        `proxy-authorization: Basic ${btoa('me:secret')}\r\n\r\n`,
    ]);
  });

  it('works with a proxy that itself speaks TLS', async () => {
    const receiver = await startReceiver();
    const proxy = await startProxy(receiver, { secure: true });
    const egress = egressThrough({ url: `https://proxy.test:${proxy.port}`, noProxy: '' });
    await answered(post(egress.destination({ url: `https://receiver.test:${receiver}/`, maxConnections: 1 })));
    expect(proxy.asked).toHaveLength(1);
  });

  it('judges addresses before the proxy hears of them', async () => {
    const receiver = await startReceiver();
    const proxy = await startProxy(receiver);
    const egress = egressThrough(
      { url: `http://127.0.0.1:${proxy.port}`, noProxy: '' },
      { resolver: () => Promise.resolve(['10.0.0.1']) },
    );
    const destination = egress.destination({ url: `https://receiver.test:${receiver}/`, maxConnections: 1 });
    expect(await failed(post(destination))).toMatchObject({ error: 'blocked', stage: 'before' });
    expect(proxy.asked).toEqual([]);
  });

  it('leaves names to the proxy only when told to, and literal addresses never', async () => {
    const receiver = await startReceiver();
    const proxy = await startProxy(receiver);
    const egress = egressThrough(
      { url: `http://127.0.0.1:${proxy.port}`, noProxy: '', resolvesNames: true },
      { resolver: () => Promise.reject(new Error('must not be asked')) },
    );
    await answered(post(egress.destination({ url: `https://receiver.test:${receiver}/`, maxConnections: 1 })));
    expect(proxy.asked[0]).toContain(`CONNECT receiver.test:${receiver} HTTP/1.1`);
    const literal = egress.destination({ url: `https://10.0.0.1:${receiver}/`, maxConnections: 1 });
    expect(await failed(post(literal))).toMatchObject({ error: 'blocked' });
  });

  it('goes past the proxy for hosts of the NO_PROXY list', async () => {
    const receiver = await startReceiver();
    const proxy = await startProxy(receiver);
    const egress = egressThrough({ url: `http://127.0.0.1:${proxy.port}`, noProxy: '.other.test,receiver.test' });
    await answered(post(egress.destination({ url: `https://receiver.test:${receiver}/`, maxConnections: 1 })));
    expect(proxy.asked).toEqual([]);
  });

  it.each([
    ['refuses the credentials', { refuse: response(407) }, 'credentials'],
    ['refuses the tunnel', { refuse: response(403) }, '403'],
    ['closes the connection', { refuse: '' }, 'closed'],
    ['speaks something else', { refuse: 'SSH-2.0\r\n\r\n' }, 'does not speak HTTP'],
    ['answers without end', { refuse: 'HTTP/1.1 200 OK\r\n'.padEnd(20_000, 'x') }, 'too many headers'],
    ['sends data into the tunnel', { early: 'hello' }, 'before the tunnel'],
  ])('fails as connect when it %s', async (_what, options, message) => {
    const receiver = await startReceiver();
    const proxy = await startProxy(receiver, options);
    const egress = egressThrough({ url: `http://me:secret@127.0.0.1:${proxy.port}`, noProxy: '' });
    const destination = egress.destination({ url: `https://receiver.test:${receiver}/`, maxConnections: 1 });
    const result = await failed(post(destination));
    expect(result).toMatchObject({ error: 'connect', stage: 'before', message: expect.stringContaining(message) });
    expect(JSON.stringify(result)).not.toContain('secret');
  });

  it('says of a proxy that is gone that it is the proxy, and where', async () => {
    const gone = createTcpServer().listen(0, '127.0.0.1');
    await once(gone, 'listening');
    const { port } = gone.address() as AddressInfo;
    gone.close();
    await once(gone, 'close');
    const egress = egressThrough({ url: `http://me:secret@127.0.0.1:${port}`, noProxy: '' });
    const result = await failed(post(egress.destination({ url: 'https://receiver.test/', maxConnections: 1 })));
    expect(result).toMatchObject({
      error: 'connect',
      message: `connecting to the gateway's proxy at port ${port} (HTTPS_PROXY) failed (ECONNREFUSED)`,
    });
  });

  it('says of a proxy that stays silent that it is the proxy', async () => {
    const sockets = new Set<Socket>();
    const port = await listen(
      createTcpServer((socket) => {
        sockets.add(socket);
        socket.on('error', () => socket.destroy());
      }),
      sockets,
    );
    const timeouts = { dnsMs: 5000, connectMs: 50, firstByteMs: 5000 };
    const egress = egressThrough({ url: `http://127.0.0.1:${port}`, noProxy: '' }, { timeouts });
    const result = await failed(post(egress.destination({ url: 'https://receiver.test/', maxConnections: 1 })));
    expect(result).toMatchObject({
      error: 'timeout',
      message: `connecting to the server through the gateway's proxy at port ${port} (HTTPS_PROXY) took longer than 50 ms`,
    });
  });

  it('says of a certificate that is not the proxy’s that it is the proxy', async () => {
    const receiver = await startReceiver();
    const proxy = await startProxy(receiver, { secure: true });
    const egress = egressThrough({ url: `https://stranger.test:${proxy.port}`, noProxy: '' });
    const destination = egress.destination({ url: `https://receiver.test:${receiver}/`, maxConnections: 1 });
    const result = await failed(post(destination));
    expect(result).toMatchObject({ error: 'tls', message: expect.stringMatching(/^with the gateway's proxy at port/) });
    expect(result.message).toContain('another host');
  });

  it('verifies the receiver behind the proxy', async () => {
    const receiver = await startReceiver();
    const proxy = await startProxy(receiver);
    const egress = egressThrough({ url: `http://127.0.0.1:${proxy.port}`, noProxy: '' });
    const destination = egress.destination({ url: `https://other.test:${receiver}/`, maxConnections: 1 });
    expect(await failed(post(destination))).toMatchObject({ error: 'tls', stage: 'before' });
  });
});
