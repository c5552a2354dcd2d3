import { chmodSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority } from '../../tests/support/certificates.ts';
import { freePort, type RigProcess, startProcess } from './processes.ts';

/** A provider's API that is never the bottleneck: nginx over TLS, with a certificate of its own authority. */
export type RigProvider = RigProcess & {
  /** `/json` answers any method with 1 kB, `/large` holds `largeBytes`, and `/upload` takes them. */
  url: string;
  /** PEM file of the authority to trust. */
  caFile: string;
};

export const largeBytes = 100_000_000;

/** A JSON answer of 1 kB. */
const answer = JSON.stringify({ id: 'env_2041', status: 'completed', note: 'x'.repeat(1024 - 47) });

export async function startProvider(): Promise<RigProvider> {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-bench-provider-'));
  // Started by root, nginx serves files as nobody.
  chmodSync(folder, 0o755);
  const inFolder = (name: string): string => join(folder, name);
  const authority = createAuthority();
  const { certPem, keyPem } = authority.issue('IP:127.0.0.1');
  writeFileSync(inFolder('ca.pem'), authority.caPem);
  writeFileSync(inFolder('cert.pem'), certPem);
  writeFileSync(inFolder('key.pem'), keyPem, { mode: 0o600 });
  authority.remove();
  writeFileSync(inFolder('large'), '');
  truncateSync(inFolder('large'), largeBytes);
  const [port, sinkPort] = [await freePort(), await freePort()];
  // An upload is read whole, in memory, before it is answered; the sink gets none of it.
  writeFileSync(
    inFolder('nginx.conf'),
    `worker_processes 1; daemon off; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600s; client_body_buffer_size 64k; sendfile on;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi; client_max_body_size 0;
  server { listen 127.0.0.1:${sinkPort}; return 200 "ok"; }
  server {
    listen 127.0.0.1:${port} ssl backlog=4096;
    ssl_certificate ${folder}/cert.pem; ssl_certificate_key ${folder}/key.pem;
    ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache shared:tls:4m;
    location = /ready { return 200 "ok"; }
    location = /json { default_type application/json; return 200 '${answer}'; }
    location = /large { root ${folder}; default_type application/octet-stream; }
    location = /upload {
      client_body_buffer_size 128m;
      proxy_pass http://127.0.0.1:${sinkPort}; proxy_pass_request_body off; proxy_set_header content-length "";
    }
  }
}
`,
  );
  const nginx = await startProcess({
    command: 'nginx',
    args: ['-c', inFolder('nginx.conf')],
    ready: async () => (await fetch(`http://127.0.0.1:${sinkPort}/`)).ok,
    signal: 'SIGQUIT',
  });
  return {
    ...nginx,
    url: `https://127.0.0.1:${port}`,
    caFile: inFolder('ca.pem'),
    async stop() {
      await nginx.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
