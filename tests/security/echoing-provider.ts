import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { providerForTest } from '../faults/calling-parts.ts';

const json = { 'content-type': 'application/json' };

/** What the request was authorized with, without its scheme; of Basic the password. */
function secretOf({ headers }: IncomingMessage): string {
  const own = headers['x-own-key'];
  if (typeof own === 'string') return own;
  const [scheme = '', rest = ''] = (headers.authorization ?? '').split(' ');
  if (scheme !== 'Basic') return rest;
  return Buffer.from(rest, 'base64').toString('utf8').split(':')[1] ?? '';
}

/** Ways in which an API may answer what it was sent, by path. */
const echoes: Record<string, (secret: string, response: ServerResponse, request: IncomingMessage) => void> = {
  plain: (_secret, response) => response.writeHead(200, json).end('{"status":"SENT-AND-KEPT"}'),
  headers: (_secret, response, { headers }) => response.writeHead(200, json).end(JSON.stringify({ headers })),
  field: (secret, response) => response.writeHead(200, json).end(JSON.stringify({ id: secret })),
  array: (secret, response) => response.writeHead(200, json).end(JSON.stringify([[secret]])),
  name: (secret, response) => response.writeHead(200, json).end(JSON.stringify({ [secret]: 1 })),
  base64: (secret, response) =>
    response.writeHead(200, json).end(JSON.stringify({ id: Buffer.from(secret).toString('base64') })),
  cut: (secret, response) => response.writeHead(200, json).end(JSON.stringify({ id: `${'x'.repeat(70)}${secret}` })),
  form: (secret, response) =>
    response.writeHead(200, { 'content-type': 'application/x-www-form-urlencoded' }).end(`id=${secret}`),
  text: (secret, response) => response.writeHead(200, { 'content-type': 'text/plain' }).end(secret),
  gzip: (secret, response) =>
    response
      .writeHead(200, { ...json, 'content-encoding': 'gzip' })
      .end(gzipSync(JSON.stringify({ id: secret, codes: [secret] }))),
  limits: (secret, response) =>
    response.writeHead(200, { ...json, 'x-ratelimit-remaining': secret, 'x-ratelimit-limit': '7' }).end('{}'),
  code: (secret, response) =>
    response.writeHead(400, json).end(JSON.stringify({ code: secret, message: `bad ${secret}` })),
  refuses: (secret, response) => response.writeHead(401, json).end(JSON.stringify({ error: { code: secret } })),
  fails: (secret, response) => response.writeHead(500, json).end(JSON.stringify({ errorCode: secret, trace: secret })),
  redirects: (secret, response) => response.writeHead(302, { location: `http://127.0.0.1:1/?token=${secret}` }).end(),
  breaks: (secret, response) => {
    response.writeHead(200, { ...json, 'content-length': 1_000 });
    response.write(JSON.stringify({ id: secret }), () => response.socket?.resetAndDestroy());
  },
  garbles: (secret, response) => {
    response.socket?.end(`HTTP/1.1 200 OK\r\nbad header ${secret}\r\ncontent-length: -${secret}\r\n\r\n${secret}`);
  },
};

export const echoPaths = Object.keys(echoes);

/** An API that answers what it was sent, and a token endpoint that quotes the client's secret when it refuses. */
export async function echoingProviderForTest(token: string) {
  return providerForTest((request, response) => {
    const path = (request.url ?? '').split('/').at(-1)?.split('?')[0] ?? '';
    void buffer(request).then((body) => {
      if (path === 'token') {
        response.writeHead(200, json).end(JSON.stringify({ access_token: token, token_type: 'Bearer' }));
      } else if (path === 'refused-token') {
        const error_description = `${body.toString()} ${request.headers.authorization} ${secretOf(request)}`;
        response.writeHead(400, json).end(JSON.stringify({ error: secretOf(request), error_description }));
      } else echoes[path]?.(secretOf(request), response, request);
    });
  });
}
