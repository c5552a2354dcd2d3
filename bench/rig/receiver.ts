import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type RigProcess, startProcess } from './processes.ts';

/** nginx that answers 200 to every POST and counts them: a receiver that is never the bottleneck. */
export async function startReceiver(): Promise<RigProcess & { url: string; received(): Promise<number> }> {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-bench-nginx-'));
  const port = await freePort();
  const file = join(folder, 'nginx.conf');
  writeFileSync(
    file,
    `worker_processes 1; daemon off; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 1000000000; client_body_buffer_size 64k;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location = /status { stub_status; }
    location / { return 200 "ok"; }
  }
}
`,
  );
  const url = `http://127.0.0.1:${port}`;
  const receiver = await startProcess({
    command: 'nginx',
    args: ['-c', file],
    ready: async () => (await fetch(`${url}/status`)).ok,
    signal: 'SIGQUIT',
  });
  return {
    ...receiver,
    url,
    // stub_status: "server accepts handled requests" and then the three counts; the last is ours.
    async received() {
      const text = await (await fetch(`${url}/status`)).text();
      return Number(/\n\s*\d+\s+\d+\s+(\d+)/.exec(text)?.[1]);
    },
  };
}
