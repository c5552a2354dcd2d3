import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import {
  authorizeMany,
  connectionOf,
  credentialErrorOf,
  credentialOf,
  expectNothingPlanted,
  openAuthorizer,
  planted,
} from './authorizer-stand.ts';
import { startTokenServer, tokenBody, type TokenServer } from './token-server.ts';

const clientSecret = `${planted}:s&cret=+/é`;

async function stand(fields: Parameters<typeof credentialOf>[1] = {}) {
  const server = await startTokenServer();
  const { authorizer, clock, told } = openAuthorizer({ caPem: server.authority.caPem });
  const credential = credentialOf('oauth-client-credentials', {
    tokenUrl: tokenUrlOf(server),
    clientId: 'client:1',
    clientSecret,
    ...fields,
  });
  const connection = connectionOf([credential]);
  const bearer = async (): Promise<string | undefined> => (await authorizer.authorize(connection)).headers[1];
  return { server, authorizer, clock, told, connection, bearer };
}

function tokenUrlOf(server: TokenServer): string {
  return `https://login.test:${server.port}/oauth/token`;
}

it('a hundred concurrent calls ask for one token, and the next call asks for none', async () => {
  const { server, authorizer, connection } = await stand();
  const all = await authorizeMany(authorizer, connection, 100);
  expect(new Set(all.map(({ headers }) => headers.join(': ')))).toEqual(new Set(['authorization: Bearer token-1']));
  expect(authorizer.authorize(connection)).toBe(all[0]);
  expect(all[0]).toMatchObject({ credentialId: 'ccr_1', kind: 'oauth-client-credentials', baseUrl: null });
  expect(server.asked).toHaveLength(1);
});

it('asks over TLS by POST, with Basic as the RFC has it, scope and audience', async () => {
  const { server, bearer } = await stand({ scope: 'read write', audience: 'https://api.test' });
  await bearer();
  const [asked] = server.asked;
  expect(asked).toMatchObject({ method: 'POST', path: '/oauth/token' });
  expect(asked?.headers['content-type']).toBe('application/x-www-form-urlencoded');
  const pair = Buffer.from(asked?.headers.authorization?.slice(6) ?? '', 'base64')
    .toString('utf8')
    .split(':');
  expect(pair.map((part) => decodeURIComponent(part.replaceAll('+', ' ')))).toEqual(['client:1', clientSecret]);
  expect(Object.fromEntries(asked?.form ?? [])).toEqual({
    grant_type: 'client_credentials',
    scope: 'read write',
    audience: 'https://api.test',
  });
});

it('sends the client in the body when that is what the provider wants', async () => {
  const { server, bearer } = await stand({ clientAuthentication: 'body' });
  await bearer();
  const [asked] = server.asked;
  expect(asked?.headers.authorization).toBeUndefined();
  expect(asked?.form.get('client_secret')).toBe(clientSecret);
});

it('renews the token before it ends while calls go on with the old one', async () => {
  const { server, clock, bearer } = await stand();
  expect(await bearer()).toBe('Bearer token-1');
  clock.at += 3_545_000;
  expect(await bearer()).toBe('Bearer token-1');
  await expect.poll(bearer).toBe('Bearer token-2');
  expect(server.asked).toHaveLength(2);
});

it('many calls that were refused with the same token cause one refresh', async () => {
  const { server, authorizer, connection } = await stand();
  const old = await authorizer.authorize(connection);
  expect(Array.from({ length: 20 }, () => authorizer.refused(connection, { ...old }))).toEqual(
    Array(20).fill('refresh'),
  );
  const fresh = await authorizeMany(authorizer, connection, 20);
  expect(new Set(fresh.map(({ headers }) => headers[1]))).toEqual(new Set(['Bearer token-2']));
  expect(authorizer.refused(connection, old)).toBe('refresh');
  expect(server.asked).toHaveLength(2);
  // The fresh one is refused as well: another would be, too.
  const [last] = fresh;
  if (last !== undefined) expect(authorizer.refused(connection, last)).toBe('none');
  expect(server.asked).toHaveLength(2);
});

it('forgets tokens of a connection that was changed, and asks with what is entered now', async () => {
  const { server, authorizer, connection, bearer } = await stand();
  await bearer();
  authorizer.forget(connection.id);
  expect(await bearer()).toBe('Bearer token-2');
  const changed = connectionOf(
    connection.credentials.map((each) => ({ ...each, fields: { ...each.fields, scope: { value: 'more' } } })),
  );
  expect((await authorizer.authorize(changed)).headers[1]).toBe('Bearer token-3');
  expect(server.asked.at(-1)?.form.get('scope')).toBe('more');
});

it('keeps the token when the connection is read anew and nothing that matters has changed', async () => {
  const { server, authorizer, connection, bearer } = await stand();
  await bearer();
  const again = connectionOf(structuredClone(connection.credentials), { name: 'Renamed' });
  expect((await authorizer.authorize(again)).headers[1]).toBe('Bearer token-1');
  expect(server.asked).toHaveLength(1);
});

it('keeps the tokens of two connections apart, though their credentials are equal', async () => {
  const { authorizer, connection, bearer } = await stand();
  await bearer();
  const other = await authorizer.authorize(connectionOf(connection.credentials, { id: 'con_2' }));
  expect(other.headers[1]).toBe('Bearer token-2');
});

it.each([
  [
    'an error of RFC 6749',
    { status: 401, body: { error: 'invalid_client', error_description: planted } },
    'rejected',
    /login\.test:\d+ answered 401 invalid_client; check the client id/,
  ],
  ['words of its own', { status: 400, body: { error: planted, hint: planted } }, 'rejected', /answered 400; check/],
  ['a page', { status: 503, body: `<h1>${planted}</h1>` }, 'unreachable', /answered 503/],
  [
    'a redirect',
    { status: 302, headers: { location: `https://${planted}.test` }, body: '' },
    'unusable',
    /redirect \(302\)/,
  ],
  ['no token', { body: { access_token: 7, note: planted } }, 'unreachable', /without a usable access_token/],
  [
    'a token of another kind',
    { body: { ...tokenBody(planted), token_type: 'mac' } },
    'unusable',
    /token_type is not Bearer/,
  ],
  ['more than is taken', { body: Buffer.alloc(70_000, planted) }, 'unreachable', /more than 64 kB/],
] as const)('tells a server that answers with %s, and quotes nothing of it', async (_about, answer, code, message) => {
  const { server, authorizer, connection } = await stand();
  server.answer = () => answer;
  const error = await credentialErrorOf(() => authorizer.authorize(connection));
  expect(error.code).toBe(code);
  expect(error.message).toMatch(/^credential "main": /);
  expect(error.message).toMatch(message);
  expect(error.retryAfterMs).toBe(1_000);
});

it('does not hammer a server that is down: calls within the pause are told how long it lasts', async () => {
  const { server, authorizer, clock, connection } = await stand();
  server.answer = () => 'reset';
  const first = await Promise.all(
    Array.from({ length: 50 }, () => credentialErrorOf(() => authorizer.authorize(connection))),
  );
  expect(new Set(first.map(({ code, retryAfterMs }) => `${code} ${retryAfterMs}`))).toEqual(
    new Set(['unreachable 1000']),
  );
  const asked = server.asked.length;
  clock.at += 300;
  expect((await credentialErrorOf(() => authorizer.authorize(connection))).retryAfterMs).toBe(700);
  expect(server.asked).toHaveLength(asked);
  clock.at += 700;
  server.answer = () => ({ body: tokenBody('back') });
  expect((await authorizer.authorize(connection)).headers[1]).toBe('Bearer back');
});

it('trusts no certificate but that of the host it asks', async () => {
  const { connection } = await stand();
  const { authorizer } = openAuthorizer();
  const error = await credentialErrorOf(() => authorizer.authorize(connection));
  expect(error).toMatchObject({ code: 'unreachable', message: expect.stringMatching(/did not answer \(tls\)/) });
});

it('sends a secret over https only, except to this machine', async () => {
  const { authorizer } = openAuthorizer();
  const over = (tokenUrl: string) => () =>
    authorizer.authorize(
      connectionOf([credentialOf('oauth-client-credentials', { tokenUrl, clientId: 'a', clientSecret })]),
    );
  expect(await credentialErrorOf(over('http://login.test/token'))).toMatchObject({ code: 'unusable' });
  authorizer.forget('con_1');
  expect(await credentialErrorOf(over('http://127.0.0.1:1/token'))).toMatchObject({
    code: 'unreachable',
    message: expect.stringMatching(/127\.0\.0\.1:1 did not answer \(connect\)/),
  });
});

it('a client secret that was replaced is read again at once when the old one is rejected', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-secret-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'secret');
  writeFileSync(file, 'old');
  const fromCommand = ['cat', file];
  const { server, bearer, clock } = await stand({ clientSecret: { fromCommand }, clientAuthentication: 'body' });
  server.answer = () => ({ body: tokenBody('first', 10) });
  await bearer();
  writeFileSync(file, 'new');
  server.answer = ({ form }) =>
    form.get('client_secret') === 'new'
      ? { body: tokenBody('fresh') }
      : { status: 401, body: { error: 'invalid_client' } };
  clock.at += 10_000;
  expect(await bearer()).toBe('Bearer fresh');
  expect(server.asked.map(({ form }) => form.get('client_secret'))).toEqual(['old', 'old', 'new']);
});

it('tells of a renewal that fails beside the calls, and shows nothing of what it keeps', async () => {
  const { server, authorizer, clock, told, bearer } = await stand();
  server.answer = () => ({ body: tokenBody(`${planted}-token`) });
  await bearer();
  server.answer = () => 'reset';
  clock.at += 3_545_000;
  expect(await bearer()).toBe(`Bearer ${planted}-token`);
  await expect
    .poll(() => told)
    .toMatchObject([{ error: { code: 'unreachable' }, connection: { teamId: 'team_1', connectionId: 'con_1' } }]);
  expectNothingPlanted(told[0]?.error);
  expectNothingPlanted(authorizer);
});
