import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { expect, it } from 'vitest';
import { judgeAssertion } from '../../src/simulation/api/docusign/jwt-grant.rules.ts';
import type { ConnectionConfig } from '../../src/connections/connection-config.ts';
import {
  authorizeMany,
  connectionOf,
  credentialErrorOf,
  credentialOf,
  openAuthorizer,
  planted,
} from './authorizer-stand.ts';
import { startTokenServer, tokenBody, type TokenAsked } from './token-server.ts';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }) as string;

const accounts = [
  { account_id: 'acc-1', is_default: false, account_name: planted, base_uri: 'https://na1.docusign.net' },
  { account_id: 'acc-2', is_default: true, account_name: planted, base_uri: 'https://demo.docusign.net' },
];

async function stand(fields: Record<string, string> = {}, more: Partial<ConnectionConfig> & { host?: string } = {}) {
  const { host = 'account-d.docusign.com', ...ofConnection } = more;
  const server = await startTokenServer();
  const { authorizer, clock, told } = openAuthorizer({ caPem: server.authority.caPem });
  const userInfo = { sub: 'user-1', name: planted, email: planted, accounts };
  server.answer = ({ path }) => ({ body: path === '/oauth/userinfo' ? userInfo : tokenBody('jwt-token', 28_800) });
  const credential = credentialOf('docusign-jwt', {
    integrationKey: 'ik-1',
    userId: 'user-1',
    privateKey: pem,
    authBaseUrl: `https://${host}:${server.port}/`,
    ...fields,
  });
  const connection = connectionOf([credential], ofConnection);
  return { server, authorizer, clock, told, connection, host: `${host}:${server.port}` };
}

function claimsOf({ form }: TokenAsked): Record<string, unknown> {
  const [header = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.');
  const signed = Buffer.from(`${header}.${claims}`);
  expect(verify('RSA-SHA256', signed, createPublicKey(privateKey), Buffer.from(signature, 'base64url'))).toBe(true);
  return JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')) as Record<string, unknown>;
}

it('exchanges a signed assertion for a token, and finds the default account and where it lives', async () => {
  const { server, authorizer, clock, connection, host } = await stand();
  const [first, second] = await authorizeMany(authorizer, connection, 2);
  expect(first).toBe(second);
  expect(first).toEqual({
    credentialId: 'ccr_1',
    kind: 'docusign-jwt',
    headers: ['authorization', 'Bearer jwt-token'],
    baseUrl: 'https://demo.docusign.net/restapi',
  });
  const [token, ...others] = server.askedFor('/oauth/token');
  if (token === undefined) throw new Error('no token was asked for');
  expect(others).toEqual([]);
  const iat = Math.floor(clock.at / 1000);
  const scope = 'signature impersonation';
  expect(claimsOf(token)).toEqual({ iss: 'ik-1', sub: 'user-1', aud: host, iat, exp: iat + 600, scope });
  // Read by the account server of the simulator as well, which was written apart from this.
  const publicKeyPem = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }) as string;
  const registered = { publicKeyPem, integrationKey: 'ik-1', userId: 'user-1', audiences: [host] };
  expect(judgeAssertion(token.form.get('assertion') ?? '', registered, iat)).toEqual({ ok: true, scope });
  const [user] = server.askedFor('/oauth/userinfo');
  expect(user).toMatchObject({ method: 'GET', headers: { authorization: 'Bearer jwt-token' } });
  expect(server.asked).toHaveLength(2);
});

it('finds the server of a production account', async () => {
  const host = 'account.docusign.com';
  const { authorizer, connection } = await stand({ accountId: 'ACC-1' }, { host, environment: 'production' });
  expect(await authorizer.authorize(connection)).toMatchObject({ baseUrl: 'https://na1.docusign.net/restapi' });
});

it('takes the account from the options of the connection where the credential names none', async () => {
  const more = { host: 'account.docusign.com', environment: 'production', options: { accountId: 'acc-1' } } as const;
  const { authorizer, connection } = await stand({}, more);
  expect(await authorizer.authorize(connection)).toMatchObject({ baseUrl: 'https://na1.docusign.net/restapi' });
});

it('leaves the base URL alone where the connection has one', async () => {
  const { authorizer, connection } = await stand(
    { accountId: 'acc-1' },
    { baseUrl: 'https://demo.docusign.net/restapi' },
  );
  expect(await authorizer.authorize(connection)).toMatchObject({ baseUrl: null });
});

it('refuses an account that the user does not have with the ids of those there are, and no names', async () => {
  const { authorizer, connection } = await stand({ accountId: 'acc-3' });
  expect(await credentialErrorOf(() => authorizer.authorize(connection))).toMatchObject({
    code: 'rejected',
    message: expect.stringMatching(/enter one of acc-1, acc-2$/),
  });
});

it('does not go where the user information leads, unless it is a server of DocuSign', async () => {
  const { server, authorizer, connection } = await stand();
  const astray = accounts.map((each) => ({ ...each, base_uri: `https://${planted}.test` }));
  server.answer = ({ path }) => ({ body: path === '/oauth/userinfo' ? { accounts: astray } : tokenBody('jwt-token') });
  expect(await credentialErrorOf(() => authorizer.authorize(connection))).toMatchObject({ code: 'unusable' });
});

it('says what to open when consent is missing, and asks again half a minute later', async () => {
  const { server, authorizer, clock, connection, host } = await stand();
  const willing = server.answer;
  server.answer = () => ({ status: 400, body: { error: 'consent_required', error_description: planted } });
  const error = await credentialErrorOf(() => authorizer.authorize(connection));
  expect(error).toMatchObject({ code: 'consent_required', retryAfterMs: 30_000 });
  const [url = ''] = /https:\S+/.exec(error.message) ?? [];
  expect(url).toBe(
    `https://${host}/oauth/auth?response_type=code&scope=signature%20impersonation&client_id=ik-1&redirect_uri=REDIRECT_URI`,
  );
  server.answer = willing;
  clock.at += 29_000;
  expect(await credentialErrorOf(() => authorizer.authorize(connection))).toMatchObject({ retryAfterMs: 1_000 });
  clock.at += 1_000;
  expect(await authorizer.authorize(connection)).toMatchObject({ headers: ['authorization', 'Bearer jwt-token'] });
});

it.each([
  ['no key at all', planted],
  ['a key of a curve', generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string],
  ['a key that was cut', pem.slice(0, 200) + planted],
])('refuses %s with how to mend it', async (_about, key) => {
  const { server, authorizer, connection } = await stand({ privateKey: key });
  expect(await credentialErrorOf(() => authorizer.authorize(connection))).toMatchObject({
    code: 'unusable',
    message: expect.stringMatching(/privateKey/),
  });
  expect(server.asked).toEqual([]);
});

it('takes a key whose line breaks were typed as \\n', async () => {
  const { authorizer, connection } = await stand({ privateKey: pem.replaceAll('\n', '\\n') });
  expect(await authorizer.authorize(connection)).toMatchObject({ headers: ['authorization', 'Bearer jwt-token'] });
});

it('a refused token is replaced by a new assertion, once', async () => {
  const { server, authorizer, connection } = await stand();
  const old = await authorizer.authorize(connection);
  server.answer = ({ path }) => ({ body: path === '/oauth/userinfo' ? { accounts } : tokenBody('second') });
  expect([authorizer.refused(connection, old), authorizer.refused(connection, old)]).toEqual(['refresh', 'refresh']);
  const fresh = await authorizer.authorize(connection);
  expect(fresh.headers[1]).toBe('Bearer second');
  expect(authorizer.refused(connection, fresh)).toBe('none');
  expect(server.askedFor('/oauth/token')).toHaveLength(2);
});

it('asks the sign-in of the environment where the credential names none', async () => {
  const server = await startTokenServer();
  const { authorizer } = openAuthorizer({ caPem: server.authority.caPem });
  for (const [environment, host] of [
    ['sandbox', 'account-d.docusign.com'],
    ['production', 'account.docusign.com'],
  ] as const) {
    const credential = credentialOf('docusign-jwt', { integrationKey: 'ik', userId: 'user', privateKey: pem });
    // Every name leads to this machine, where nothing listens on 443.
    const error = await credentialErrorOf(() =>
      authorizer.authorize(connectionOf([credential], { environment, id: environment })),
    );
    expect(error.message).toContain(`: ${host} did not answer`);
  }
});
