import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect, type SecureVersion } from 'node:tls';
import type { Certificate } from './make-certificate.ts';

/** Below this level of OpenSSL the old versions can be spoken at all. */
const anyCipher = 'DEFAULT@SECLEVEL=0';
const timeoutMs = 10_000;

export type TlsServer = { url: string; port: number; requests(path: string): number; close(): Promise<void> };

/**
 * An https server on loopback that speaks one version and counts requests by their paths.
 * @param more.redirectTo where what asks for `/redirect` is sent
 */
export async function startTlsServer(
  certificate: Certificate,
  version: SecureVersion,
  more: { host?: string; redirectTo?: (port: number) => string } = {},
): Promise<TlsServer> {
  const { host = '127.0.0.1', redirectTo } = more;
  const counts = new Map<string, number>();
  const server: Server = createServer(
    {
      cert: certificate.certPem,
      key: certificate.keyPem,
      minVersion: version,
      maxVersion: version,
      ciphers: anyCipher,
    },
    (request, response) => {
      const path = request.url ?? '';
      counts.set(path, (counts.get(path) ?? 0) + 1);
      request.resume();
      if (path === '/redirect' && redirectTo !== undefined) {
        response.writeHead(302, { location: redirectTo(port) }).end();
      } else response.writeHead(200).end('{}');
    },
  );
  server.on('tlsClientError', () => undefined);
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://${host}:${port}`,
    port,
    requests: (path) => counts.get(path) ?? 0,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

export type Handshake = { connected: boolean; problem: string | null; validToMs: number | null };

/** A handshake with one version alone, from this process. @param ca trusted beside what Node trusts, or instead of it */
export async function shakeHands(options: {
  host: string;
  port: number;
  version: SecureVersion;
  ca?: string;
  verify: boolean;
}): Promise<Handshake> {
  const { host, port, version, ca, verify } = options;
  const name = /^[\d.]+$|:/.test(host) ? {} : { servername: host };
  const socket = connect({
    host,
    port,
    ...name,
    minVersion: version,
    maxVersion: version,
    ...(version === 'TLSv1' || version === 'TLSv1.1' ? { ciphers: anyCipher } : {}),
    ...(ca === undefined ? {} : { ca }),
    rejectUnauthorized: verify,
  });
  socket.setTimeout(timeoutMs, () => socket.destroy(new Error('no answer in time')));
  try {
    await once(socket, 'secureConnect');
    const { valid_to: validTo } = socket.getPeerCertificate();
    return { connected: true, problem: null, validToMs: Date.parse(validTo) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { connected: false, problem: code ?? message, validToMs: null };
  } finally {
    socket.on('error', () => undefined);
    socket.destroy();
  }
}
