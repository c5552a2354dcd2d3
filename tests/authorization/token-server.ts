import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { type Authority, createAuthority } from '../support/certificates.ts';

export type TokenAsked = { method: string; path: string; headers: IncomingMessage['headers']; form: URLSearchParams };
type TokenAnswered = { status?: number; headers?: Record<string, string>; body: unknown };

/** Where tokens come from, over TLS, under any of its names; it answers what the test says. */
export type TokenServer = {
  port: number;
  authority: Authority;
  asked: TokenAsked[];
  answer: (asked: TokenAsked, number: number) => TokenAnswered | Promise<TokenAnswered> | 'hang' | 'reset';
  /** Requests to a path. */
  askedFor(path: string): TokenAsked[];
};

const tokenHosts = ['login.test', 'account-d.docusign.com', 'account.docusign.com'];

/** Starts one that gives `token-1`, `token-2` and so on, each for an hour; it is closed with the test. */
export async function startTokenServer(): Promise<TokenServer> {
  const authority = createAuthority();
  const { certPem, keyPem } = authority.issue(tokenHosts.map((name) => `DNS:${name}`).join(','));
  const server = createServer({ cert: certPem, key: keyPem }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const asked: TokenAsked = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        form: new URLSearchParams(Buffer.concat(chunks).toString('utf8')),
      };
      tokenServer.asked.push(asked);
      void Promise.resolve(tokenServer.answer(asked, tokenServer.asked.length)).then((answer) => {
        if (answer === 'hang') return;
        if (answer === 'reset') {
          request.socket.destroy();
          return;
        }
        const { status = 200, headers = {}, body } = answer;
        response.writeHead(status, { 'content-type': 'application/json', ...headers });
        response.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
    authority.remove();
  });
  const tokenServer: TokenServer = {
    port: (server.address() as AddressInfo).port,
    authority,
    asked: [],
    answer: (_asked, number) => ({ body: tokenBody(`token-${number}`) }),
    askedFor: (path) => tokenServer.asked.filter((asked) => asked.path === path),
  };
  return tokenServer;
}

export function tokenBody(token: string, expiresIn = 3_600): Record<string, unknown> {
  return { access_token: token, token_type: 'Bearer', expires_in: expiresIn };
}
