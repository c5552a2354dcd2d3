import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { makeCertificate } from '../../../src/drills/security/make-certificate.ts';

const dayMs = 86_400_000;

/** What stands before a gateway in production: TLS 1.2 or newer, with a certificate of an authority of the test's own. */
export async function startFront(): Promise<{ url: string; caFile: string; stop(): Promise<void> }> {
  const nowMs = Date.now();
  const validity = { fromMs: nowMs - dayMs, toMs: nowMs + 60 * dayMs };
  const authority = makeCertificate({ name: 'front authority', names: [], issuer: null, ...validity });
  const leaf = makeCertificate({ name: 'front', names: ['IP:127.0.0.1'], issuer: authority, ...validity });
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-front-'));
  const caFile = join(folder, 'ca.pem');
  await writeFile(caFile, authority.certPem);
  const server = createServer({ cert: leaf.certPem, key: leaf.keyPem, minVersion: 'TLSv1.2' }, (socket) => {
    socket.on('error', () => undefined);
    socket.end();
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    caFile,
    async stop() {
      server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
