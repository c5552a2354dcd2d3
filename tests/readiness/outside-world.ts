import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';

type AskedOfWorld = { host: string; method: string; path: string; headers: IncomingHttpHeaders; body: string };
type Answer = { status: number; body: unknown };

/** Everything that a production gateway talks to, by its real names, behind a proxy of this machine. */
export type OutsideWorld = {
  proxyUrl: string;
  /** The authority that signs for all the names; PEM in a file. */
  caFile: string;
  /** What a host answers from now on; undefined: `{}` with 200. */
  answer(decide: (asked: AskedOfWorld) => Answer | undefined): void;
  stop(): Promise<void>;
};

const names = [
  'receiver.example.com',
  '*.ngrok.io',
  'app.documenso.com',
  'sandbox.documenso.example.com',
  'app.goroute.ai',
  'account-d.docusign.com',
  'demo.docusign.net',
  'account.docusign.com',
  'eu.docusign.net',
];

/** One HTTPS server for all the names, and a CONNECT proxy that leads there whatever is asked for. */
export async function startOutsideWorld(): Promise<OutsideWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-world-'));
  const { certPem, keyPem } = makeCertificate(folder);
  let decide: (asked: AskedOfWorld) => Answer | undefined = () => undefined;
  const sockets = new Set<Socket>();
  const server = createHttpsServer({ cert: certPem, key: keyPem }, (request, response) => {
    void buffer(request).then((bytes) => {
      const { method = '', url = '', headers } = request;
      const asked = { host: headers.host ?? '', method, path: url, headers, body: bytes.toString() };
      const { status, body } = decide(asked) ?? { status: 200, body: {} };
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  const proxy = createHttpServer();
  proxy.on('connect', (_request: IncomingMessage, from: Socket) => {
    const to = connect(port, '127.0.0.1');
    for (const socket of [from, to]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        from.destroy();
        to.destroy();
      });
    }
    to.once('connect', () => {
      from.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      from.pipe(to);
      to.pipe(from);
    });
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');

  return {
    proxyUrl: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    caFile: join(folder, 'ca.pem'),
    answer(next) {
      decide = next;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      proxy.closeAllConnections();
      server.closeAllConnections();
      await Promise.all([closed(proxy), closed(server)]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function closed(server: { close(): unknown; once(event: 'close', heard: () => void): unknown }): Promise<void> {
  await new Promise<void>((resolve) => {
    server.once('close', resolve);
    server.close();
  });
}

function makeCertificate(folder: string): { certPem: string; keyPem: string } {
  const openssl = (...parameters: string[]): void => {
    execFileSync('openssl', parameters, { cwd: folder, stdio: 'pipe' });
  };
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '90', '-subj', '/CN=World CA');
  writeFileSync(join(folder, 'names'), `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}\n`);
  openssl('req', '-new', ...newKey, '-keyout', 'leaf.key', '-out', 'leaf.csr', '-subj', '/CN=world');
  const issuer = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'names'];
  openssl('x509', '-req', '-in', 'leaf.csr', ...issuer, '-days', '60', '-out', 'leaf.pem');
  return {
    certPem: readFileSync(join(folder, 'leaf.pem'), 'utf8'),
    keyPem: readFileSync(join(folder, 'leaf.key'), 'utf8'),
  };
}
