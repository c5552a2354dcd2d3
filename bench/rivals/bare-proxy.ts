/**
 * The yardstick of calls: a reverse proxy over TLS with no product around it. No API keys, connections, credentials,
 * policies, retries, deadlines, header rules, ledger, metrics or logs. Hop-by-hop headers are left out, and that is all.
 * Run by bench/run.ts: PORT, UPSTREAM_URL and CA_FILE in the environment.
 */
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { Pool } from 'undici';

const upstream = new URL(process.env.UPSTREAM_URL as string);
const connections = new Pool(upstream.origin, {
  connections: 128,
  pipelining: 1,
  connect: { ca: readFileSync(process.env.CA_FILE as string, 'utf8') },
});

http
  .createServer((request, response) => {
    const { connection: _connection, host: _host, 'transfer-encoding': coding, ...headers } = request.headers;
    const hasBody = coding !== undefined || Number(headers['content-length'] ?? 0) > 0;
    connections
      .request({
        method: request.method as 'GET',
        path: request.url as string,
        headers,
        body: hasBody ? request : null,
      })
      .then((answer) => {
        const {
          connection: _ofUpstream,
          'keep-alive': _keepAlive,
          'transfer-encoding': _coding,
          ...rest
        } = answer.headers;
        response.writeHead(answer.statusCode, rest);
        answer.body.pipe(response);
        answer.body.on('error', () => response.destroy());
      })
      .catch(() => response.writeHead(502).end());
  })
  .listen(Number(process.env.PORT), '127.0.0.1', () => console.log('ready'));
