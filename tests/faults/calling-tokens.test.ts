import { generateKeyPairSync } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { startFor, systemClock } from '../simulation-api/webhook-inbox.ts';
import type { Answer } from '../support/calling-stand.ts';
import { createOwnDatabase } from '../support/own-database.ts';
import { until } from '../support/until.ts';
import { callIdOf, callingForTest, providerForTest } from './calling-parts.ts';

const callers = 100;
const isOk = ({ status }: Answer): boolean => status === 200;

async function standForTest() {
  return callingForTest({ env: { DATABASE_URL: (await createOwnDatabase()).url } });
}

function bearerOf({ headers }: IncomingMessage): string {
  return (headers.authorization ?? '').replace(/^Bearer /, '');
}

/** Client credentials, as a field of a connection. */
function clientOf(tokenUrl: string) {
  const fields = { tokenUrl, clientId: 'posthorn', clientSecret: 'client-secret-of-the-test' };
  return { credentials: [{ kind: 'oauth-client-credentials', fields }] };
}

/** An API that takes the newest token only, and where that comes from. */
async function startTokenApi() {
  const api = {
    asked: 0,
    valid: '',
    /** Answers to the token endpoint are held back while it is set. */
    gate: Promise.resolve(),
    statusOfToken: 200,
    /** What became of each call: the token it came with, and its path. */
    calls: [] as { path: string; token: string; isTaken: boolean }[],
    held: [] as (() => void)[],
    holds: false,
    url: '',
  };
  const giveToken = async (request: IncomingMessage): Promise<string> => {
    await buffer(request);
    await api.gate;
    api.asked += 1;
    api.valid = `token-${api.asked}`;
    return JSON.stringify({ access_token: api.valid, token_type: 'Bearer', expires_in: 3_600 });
  };
  const provider = await providerForTest((request, response) => {
    const path = request.url ?? '';
    if (path === '/oauth/token') {
      void giveToken(request).then((body) => response.writeHead(api.statusOfToken).end(body));
      return;
    }
    const answer = (): void => {
      const token = bearerOf(request);
      const isTaken = token === api.valid;
      api.calls.push({ path, token, isTaken });
      response.writeHead(isTaken ? 200 : 401).end();
    };
    if (api.holds) api.held.push(answer);
    else answer();
  });
  api.url = provider.url;
  return api;
}

describe('a token of client credentials', () => {
  test(`is asked for once by ${callers} calls at the same time, and once more when it was revoked`, async () => {
    const stand = await standForTest();
    const api = await startTokenApi();
    const connection = await stand.connect(`${api.url}/api`, clientOf(`${api.url}/oauth/token`));
    const many = (path: string) =>
      Promise.all(Array.from({ length: callers }, (_, number) => stand.call(connection, `/${path}/${number}`)));
    expect((await many('first')).every(isOk)).toBe(true);
    expect(api.asked).toBe(1);
    api.valid = 'revoked';
    expect((await many('second')).every(isOk)).toBe(true);
    expect(api.asked).toBe(2);
    const calls = await stand.ledger(connection, 2 * callers);
    expect(calls).toHaveLength(2 * callers);
    expect(calls.every(({ outcome, status }) => outcome === 'succeeded' && status === 200)).toBe(true);
    // Whoever still had the old one was answered 401 once, and that is on record as a try.
    const tries = calls.reduce((sum, { tryCount }) => sum + (tryCount ?? 0), 0);
    expect(tries).toBe(api.calls.length);
  });

  test('that is revoked in the middle of calls is asked for once more, and every call is answered', async () => {
    const stand = await standForTest();
    const api = await startTokenApi();
    const connection = await stand.connect(`${api.url}/api`, {
      ...clientOf(`${api.url}/oauth/token`),
      policy: { concurrency: { most: callers } },
    });
    expect(isOk(await stand.call(connection, '/before'))).toBe(true);
    api.holds = true;
    const answers = Array.from({ length: callers }, (_, number) =>
      stand.call(connection, `/${number}`, { method: 'POST', body: 'kept' }),
    );
    await until('all to be at the provider', () => api.held.length === callers);
    api.holds = false;
    const half = api.held.splice(0, callers / 2);
    for (const answer of half) answer();
    api.valid = 'revoked';
    for (const answer of api.held.splice(0)) answer();
    expect((await Promise.all(answers)).every(isOk)).toBe(true);
    expect(api.asked).toBe(2);
    // A repeated POST was refused before it was done: each was taken once.
    const taken = api.calls.filter(({ isTaken, path }) => isTaken && path !== '/api/before').map(({ path }) => path);
    expect(taken).toHaveLength(callers);
    expect(new Set(taken).size).toBe(callers);
  });

  test('that nobody gives, or that takes its time, keeps back the calls of its connection alone', async () => {
    const stand = await standForTest();
    const api = await startTokenApi();
    const open = Promise.withResolvers<void>();
    api.gate = open.promise;
    const waits = await stand.connect(`${api.url}/api`, clientOf(`${api.url}/oauth/token`));
    const other = await stand.connect(`${api.url}/other`, {
      credentials: [{ kind: 'bearer', fields: { token: 'token-1' } }],
    });
    const waiting = Array.from({ length: callers }, () => stand.call(waits, '/x'));
    api.valid = 'token-1';
    const quick = await Promise.all(Array.from({ length: callers }, () => stand.call(other, '/x')));
    expect(quick.every(isOk)).toBe(true);
    expect(api.calls.every(({ path }) => path === '/other/x')).toBe(true);
    open.resolve();
    expect((await Promise.all(waiting)).every(isOk)).toBe(true);
    expect(api.asked).toBe(1);

    api.statusOfToken = 500;
    const failing = await stand.connect(`${api.url}/api`, clientOf(`${api.url}/oauth/token`));
    const before = api.asked;
    const failed = await Promise.all(Array.from({ length: callers }, () => stand.call(failing, '/x')));
    for (const { status, json } of failed) expect([status, json['code']]).toEqual([502, 'credential_failed']);
    // What failed is not asked again by each of them.
    expect(api.asked - before).toBeLessThanOrEqual(2);
    const calls = await stand.ledger(failing, callers);
    expect(calls).toHaveLength(callers);
    for (const call of calls) expect(call).toMatchObject({ error: 'credential', tryCount: 0, answered: 502 });
    expect((await stand.call(failing, '/x')).text).not.toContain('client-secret-of-the-test');
    expect(callIdOf(failed[0] as Answer)).toMatch(/^call_/);
  });
});

describe('a token of the JWT grant', () => {
  test(`is asked for once by ${callers} calls at the same time, and once more when it was revoked`, async () => {
    const stand = await standForTest();
    const { privateKey, publicKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const simulator = await startFor({
      provider: 'docusign',
      publicKeyPem: publicKey,
      clock: systemClock,
      isConsentGiven: true,
      burst: 10_000,
    });
    const { integrationKey, userId, accountId, expireTokens } = simulator.world.api;
    const fields = { integrationKey, userId, privateKey, authBaseUrl: simulator.url };
    const connection = await stand.connect(`${simulator.url}/restapi`, {
      provider: 'docusign',
      credentials: [{ kind: 'docusign-jwt', fields }],
    });
    const grants = (): number => simulator.requests().filter(({ path }) => path.startsWith('/oauth/token')).length;
    const many = () =>
      Promise.all(
        Array.from({ length: callers }, () =>
          stand.call(connection, `/v2.1/accounts/${accountId}/envelopes?from_date=2026-01-01`),
        ),
      );
    const first = await many();
    expect(first.filter(isOk), first[0]?.text).toHaveLength(callers);
    expect(grants()).toBe(1);
    // Revoked when some have been answered: the others come with a token that holds no more.
    const answers = many();
    const before = simulator.requests().length;
    await until('some to be answered', () => simulator.requests().length > before + 10, { everyMs: 1 });
    expireTokens();
    expect((await answers).filter(isOk)).toHaveLength(callers);
    expect((await many()).filter(isOk)).toHaveLength(callers);
    expect(grants()).toBe(2);
    const calls = await stand.ledger(connection, 3 * callers);
    expect(calls.filter(({ outcome }) => outcome === 'succeeded')).toHaveLength(3 * callers);
  });
});
