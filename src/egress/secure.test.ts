import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { TlsOptions, TLSSocket } from 'node:tls';
import { createServer } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Authority, Certificate } from '../../tests/support/certificates.ts';
import { createAuthority } from '../../tests/support/certificates.ts';
import { answered, createTestEgress, failed, post } from '../../tests/support/egress.ts';
import { onRequests, response, startRawServer } from '../../tests/support/raw-server.ts';
import type { Egress } from './create-egress.ts';

const cleanups: (() => unknown)[] = [];
let ours: Authority;
let theirs: Authority;
let receiver: Certificate;

beforeAll(() => {
  ours = createAuthority();
  theirs = createAuthority();
  receiver = ours.issue('DNS:receiver.test');
});

afterAll(() => {
  ours.remove();
  theirs.remove();
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** A TLS server that answers with what it knows of the connection; gives its port. */
async function serve(
  options: TlsOptions,
  seen: TLSSocket[] = [],
  answer: (status: number, socket: TLSSocket) => string = (status) => response(status),
): Promise<number> {
  const sockets = new Set<TLSSocket>();
  const server = createServer({ ALPNProtocols: ['h2', 'http/1.1'], ...options }, (socket) => {
    seen.push(socket);
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
    onRequests(socket, () => socket.write(answer(200, socket)));
  });
  server.on('tlsClientError', () => undefined);
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

function egressTrusting(caPem?: string): Egress {
  const egress = createTestEgress({ requireHttps: true, ...(caPem === undefined ? {} : { caPem }) });
  cleanups.push(() => egress.close());
  return egress;
}

describe('TLS to a receiver', () => {
  it('names the host, speaks HTTP/1.1 and times the handshake', async () => {
    const seen: TLSSocket[] = [];
    const port = await serve({ cert: receiver.certPem, key: receiver.keyPem }, seen);
    const egress = egressTrusting(ours.caPem);
    const destination = egress.destination({ url: `https://receiver.test:${port}/`, maxConnections: 1 });
    const first = await answered(post(destination));
    expect(first.timing.tlsMs).toBeGreaterThan(0);
    expect(seen[0]).toMatchObject({ servername: 'receiver.test', alpnProtocol: 'http/1.1' });
    expect(await answered(post(destination))).toMatchObject({ reusedConnection: true, timing: { tlsMs: null } });
  });

  it('resumes its session on a new connection', async () => {
    const resumed: boolean[] = [];
    const port = await serve({ cert: receiver.certPem, key: receiver.keyPem }, [], (status, socket) => {
      resumed.push(socket.isSessionReused());
      return response(status, '', { connection: 'close' });
    });
    const egress = egressTrusting(ours.caPem);
    const destination = egress.destination({ url: `https://receiver.test:${port}/`, maxConnections: 1 });
    await answered(post(destination));
    await answered(post(destination));
    expect(resumed).toEqual([false, true]);
  });

  it('sends no server name to a literal address, and checks the certificate against it', async () => {
    const seen: TLSSocket[] = [];
    const literal = ours.issue('IP:127.0.0.1');
    const port = await serve({ cert: literal.certPem, key: literal.keyPem }, seen);
    const other = await serve({ cert: receiver.certPem, key: receiver.keyPem });
    const egress = egressTrusting(ours.caPem);
    await answered(post(egress.destination({ url: `https://127.0.0.1:${port}/`, maxConnections: 1 })));
    expect(seen[0]!.servername).toBe(false);
    const wrong = await failed(post(egress.destination({ url: `https://127.0.0.1:${other}/`, maxConnections: 1 })));
    expect(wrong).toMatchObject({ error: 'tls', stage: 'before' });
  });

  it('trusts a CA that is given for one destination, and only there', async () => {
    const port = await serve({ cert: receiver.certPem, key: receiver.keyPem });
    const egress = egressTrusting();
    const url = `https://receiver.test:${port}/`;
    await answered(post(egress.destination({ url, maxConnections: 1, tls: { caPem: ours.caPem } })));
    expect(await failed(post(egress.destination({ url, maxConnections: 1 })))).toMatchObject({ error: 'tls' });
  });

  it.each([
    ['of an unknown CA', () => theirs.issue('DNS:receiver.test'), 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['that has expired', () => ours.issue('DNS:receiver.test', { expired: true }), 'CERT_HAS_EXPIRED'],
    ['for another host', () => ours.issue('DNS:other.test'), 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ])('refuses a certificate %s', async (_what, issue, code) => {
    const { certPem, keyPem } = issue();
    const seen: TLSSocket[] = [];
    const port = await serve({ cert: certPem, key: keyPem }, seen);
    const egress = egressTrusting(ours.caPem);
    const destination = egress.destination({ url: `https://receiver.test:${port}/`, maxConnections: 1 });
    const result = await failed(post(destination));
    expect(result).toMatchObject({ error: 'tls', stage: 'before', message: expect.stringContaining(code) });
    expect(result.timing.connectMs).not.toBeNull();
  });

  it('refuses TLS 1.1', async () => {
    const port = await serve({
      cert: receiver.certPem,
      key: receiver.keyPem,
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT:@SECLEVEL=0',
    });
    const egress = egressTrusting(ours.caPem);
    const destination = egress.destination({ url: `https://receiver.test:${port}/`, maxConnections: 1 });
    expect(await failed(post(destination))).toMatchObject({ error: 'tls', stage: 'before' });
  });

  it('shows a client certificate where one is configured', async () => {
    const seen: TLSSocket[] = [];
    const client = ours.issue('DNS:posthorn.test');
    const options = { cert: receiver.certPem, key: receiver.keyPem, requestCert: true, ca: ours.caPem };
    const port = await serve(options, seen);
    const egress = egressTrusting(ours.caPem);
    const url = `https://receiver.test:${port}/`;
    await answered(post(egress.destination({ url, maxConnections: 1, tls: client })));
    expect(seen[0]!.getPeerCertificate().subjectaltname).toBe('DNS:posthorn.test');
    const without = await failed(post(egress.destination({ url, maxConnections: 1 })));
    expect(['tls', 'reset']).toContain(without.error);
  });

  it('fails as tls on a client key that cannot be read, without repeating it', async () => {
    const port = await serve({ cert: receiver.certPem, key: receiver.keyPem });
    const egress = egressTrusting(ours.caPem);
    const tls = { certPem: receiver.certPem, keyPem: 'not a key: hunter2' };
    const destination = egress.destination({ url: `https://receiver.test:${port}/`, maxConnections: 1, tls });
    const result = await failed(post(destination));
    expect(result).toMatchObject({ error: 'tls', stage: 'before' });
    expect(result.message).not.toContain('hunter2');
  });

  it('times out on a server that accepts and stays silent', async () => {
    const silent = await startRawServer(() => undefined);
    cleanups.push(() => silent.close());
    const egress = createTestEgress({ timeouts: { dnsMs: 5000, connectMs: 50, firstByteMs: 5000 } });
    cleanups.push(() => egress.close());
    const destination = egress.destination({ url: `https://receiver.test:${silent.port}/`, maxConnections: 1 });
    expect(await failed(post(destination))).toMatchObject({
      error: 'timeout',
      stage: 'before',
      message: 'the server took the connection, but did not finish the TLS handshake within 50 ms',
    });
    await expect.poll(() => silent.connections()).toBe(1);
  });
});
