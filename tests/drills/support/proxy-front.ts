import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate } from '../../../src/drills/security/make-certificate.ts';
import { passOn } from './pass-on.ts';

const dayMs = 86_400_000;

export type ProxyFront = {
  url: string;
  caFile: string;
  /** Where it passes on to. */
  target: string;
  /** Redirects to the same address with a final slash. */
  redirects: boolean;
  stop(): Promise<void>;
};

/** A proxy that ends TLS in front of a gateway, with a certificate of an authority of the test's own. */
export async function startProxyFront(): Promise<ProxyFront> {
  const nowMs = Date.now();
  const validity = { fromMs: nowMs - dayMs, toMs: nowMs + 60 * dayMs };
  const authority = makeCertificate({ name: 'front authority', names: [], issuer: null, ...validity });
  const leaf = makeCertificate({ name: 'front', names: ['IP:127.0.0.1'], issuer: authority, ...validity });
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-proxy-'));
  const caFile = join(folder, 'ca.pem');
  await writeFile(caFile, authority.certPem);
  const server = createServer({ cert: leaf.certPem, key: leaf.keyPem }, (incoming, response) => {
    const { headers, url = '/' } = incoming;
    if (front.redirects && !url.endsWith('/')) {
      incoming.resume();
      response.writeHead(308, { location: `${url}/` }).end();
      return;
    }
    passOn(incoming, response, { target: front.target, headers });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const front: ProxyFront = {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    caFile,
    target: '',
    redirects: false,
    async stop() {
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return front;
}
