import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type CallingApi, callingForTest, listCalls } from '../faults/calling-parts.ts';
import { startFor, systemClock } from '../simulation-api/webhook-inbox.ts';
import { send } from '../support/calling-stand.ts';
import { createOwnDatabase } from '../support/own-database.ts';
import { operatorKey } from '../support/posthorn-process.ts';
import { until } from '../support/until.ts';
import { echoingProviderForTest, echoPaths } from './echoing-provider.ts';
import { commandLinesOf, dumpDatabase, readFolder, type Secrets, secretsIn } from './planted-secrets.ts';

/** Looks like a word, so that nothing masks it for its looks. */
const plant = (what: string): string => `${what}-${randomBytes(8).toString('hex')}`;

test('what tells whether a secret is in a text can tell', () => {
  const secrets = new Map([['it', 'plainly-"quoted" secret']]);
  for (const text of ['a plainly-"quoted" secret.', '"plainly-\\"quoted\\" secret"', 'plainly-%22quoted%22%20secret']) {
    expect(secretsIn(text, secrets), text).toEqual(['it']);
  }
  const bytes = Buffer.from('plainly-"quoted" secret');
  for (const spelling of ['base64', 'hex'] as const)
    expect(secretsIn(bytes.toString(spelling), secrets)).toEqual(['it']);
  expect(secretsIn('another', secrets)).toEqual([]);
});

test('no credential of a connection is in a log, an answer of the API, the ledger, the database, a file or a command line', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-secrets-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const planted = {
    bearer: plant('bearer'),
    header: plant('header'),
    password: plant('password'),
    clientSecret: plant('client'),
    refusedSecret: plant('refused'),
    token: plant('token'),
    file: plant('file'),
    variable: plant('variable'),
    printed: plant('printed'),
    wrong: plant('wrong'),
  };
  const database = await createOwnDatabase();
  const stand = await callingForTest({
    env: { DATABASE_URL: database.url, POSTHORN_LOG_LEVEL: 'trace', PLANTED_TOKEN: planted.variable },
  });
  const { api, teamId } = stand;
  const provider = await echoingProviderForTest(planted.token);
  await writeFile(join(folder, 'token'), `${planted.file}\n`);
  await writeFile(join(folder, 'printed'), `${planted.printed}\n`);
  const docusign = await startFor({
    provider: 'docusign',
    publicKeyPem: publicKey,
    clock: systemClock,
    isConsentGiven: true,
  });
  const { integrationKey, userId, accountId, issueToken } = docusign.world.api;

  // Bodies are kept, and cut where one of the echoes has the credential.
  const policy = {
    ledger: { bodies: 'masked', maxBytes: 90 },
    retries: { most: 1, baseMs: 10 },
    breaker: { minimumCalls: 100_000 },
  };
  const connect = (kind: string, fields: Record<string, unknown>, more: Record<string, unknown> = {}) =>
    stand.connect(provider.url, { credentials: [{ kind, fields }], policy, ...more });
  const client = { clientId: 'posthorn', tokenUrl: `${provider.url}/token`, clientSecret: planted.clientSecret };
  const echoed = [
    await connect('bearer', { token: planted.bearer }),
    await connect('header', { name: 'x-own-key', value: planted.header }),
    await connect('basic', { username: 'posthorn', password: planted.password }),
    await connect('oauth-client-credentials', client),
    await connect('oauth-client-credentials', { ...client, clientAuthentication: 'body' }),
    await connect('bearer', { token: { fromFile: join(folder, 'token') } }),
    await connect('bearer', { token: { fromEnv: 'PLANTED_TOKEN' } }),
    await connect('bearer', { token: { fromCommand: ['cat', join(folder, 'printed')] } }),
  ];
  const refused = { ...client, tokenUrl: `${provider.url}/refused-token`, clientSecret: planted.refusedSecret };
  const grant = { integrationKey, userId, privateKey, authBaseUrl: docusign.url };
  const failing = [
    await connect('oauth-client-credentials', refused),
    await connect('oauth-client-credentials', { ...refused, clientAuthentication: 'body' }),
    await connect('oauth-client-credentials', { ...refused, tokenUrl: 'http://127.0.0.1:1/token' }),
    await connect('bearer', { token: { fromFile: join(folder, 'missing') } }),
    await connect('bearer', { token: { fromCommand: ['cat', join(folder, 'missing')] } }),
    await connect('bearer', { token: planted.bearer }, { baseUrl: 'http://127.0.0.1:1' }),
    await connect('bearer', { token: planted.bearer }, { baseUrl: 'https://nowhere.invalid' }),
    await connect('docusign-jwt', { ...grant, userId: accountId }, { provider: 'docusign', baseUrl: docusign.url }),
  ];
  const jwt = await connect('docusign-jwt', grant, { provider: 'docusign', baseUrl: `${docusign.url}/restapi` });
  const connections = [...echoed, ...failing, jwt];

  const key = await stand.keyFor(['connections:call']);
  const secrets: Secrets = new Map([
    ...Object.entries(planted),
    ['operator key', operatorKey],
    ['API key', key],
    // Every line of it is as secret as the whole.
    ...privateKey
      .split('\n')
      .filter((line) => line.length === 64)
      .map((line, index): [string, string] => [`private key, line ${index}`, line]),
  ]);
  expect(secrets.size).toBeGreaterThan(30);

  const problems: string[] = [];
  let echoesPassed = 0;
  const call = async (connection: string, path: string, body?: string): Promise<void> => {
    const headers = { 'content-type': 'application/json' };
    const options = body === undefined ? {} : { method: 'POST', body, headers };
    const answer = await send(stand.port(), `/egress/${connection}${path}`, { key, ...options }).catch(() => null);
    if (answer === null) return;
    if (String(answer.headers['content-type']).startsWith('application/problem+json')) problems.push(answer.text);
    else if (secretsIn(JSON.stringify(answer.headers) + answer.text, secrets).length > 0) echoesPassed += 1;
  };
  for (const connection of echoed) {
    for (const path of echoPaths) {
      await call(connection, `/${path}?page=1`);
      await call(connection, `/${path}`, '{"count":1}');
    }
  }
  for (const connection of failing) await call(connection, '/plain');
  const accessToken = issueToken(Date.now());
  await call(jwt, `/v2.1/accounts/${accountId}/envelopes?from_date=2026-01-01`);
  await call(jwt, '/nothing');
  // What a provider answers passes as it is: docs/security.md says so.
  expect(echoesPassed).toBeGreaterThan(echoed.length * 10);
  expect(problems.length).toBeGreaterThanOrEqual(failing.length);

  await until('every call to have ended', async () => {
    for (const connection of connections) {
      const calls = await listCalls(api, teamId, connection);
      if (calls.length === 0 || calls.some(({ outcome }) => outcome === 'running')) return false;
    }
    return true;
  });
  const wrongAnswers = await makeMistakes(stand, connections[0] as string, planted.wrong);
  const answers = await askEveryRoute(stand, connections);
  expect([...answers.keys()].filter((each) => /calls\/call_/.test(each)).length).toBeGreaterThan(20);

  const places: [string, string][] = [
    ...problems.map((text): [string, string] => ['a problem', text]),
    ...wrongAnswers.map((text): [string, string] => ['an answer to a mistake', text]),
    ...answers,
    ...(await dumpDatabase(database.url)),
    ...(await readFolder(stand.dataFolder)),
    ['command lines', await commandLinesOf(stand.posthorn.pid)],
  ];
  await stand.posthorn.end('SIGTERM');
  const log = stand.posthorn.output();
  places.push(['the log', log]);
  for (const [place, text] of places) {
    const held = secretsIn(text, secrets);
    expect(held, `${place}: ${held.length === 0 ? '' : around(text, secrets)}`).toEqual([]);
    expect(text.includes(accessToken), place).toBe(false);
  }
  // All of it was looked at: what may be shown is there.
  const dump = places.map(([, text]) => text).join('\n');
  expect(dump).toContain('SENT-AND-KEPT');
  expect(dump).toContain(Buffer.from('SENT-AND-KEPT').toString('hex'));
  expect(log).toMatch(/"level":"(?:debug|trace)"/);
  expect(log).toContain('credential_failed');
}, 180_000);

/** Where a secret stands, for whoever has to mend it. */
function around(text: string, secrets: Secrets): string {
  for (const secret of secrets.values()) {
    const at = text.indexOf(secret);
    if (at !== -1) return text.slice(Math.max(0, at - 200), at + secret.length + 50);
  }
  return 'in another spelling';
}

/** Requests that hold a secret where it does not belong, since errors tend to quote. @returns what was answered */
async function makeMistakes({ api, teamId }: CallingApi, connection: string, secret: string): Promise<string[]> {
  const all = `/v1/teams/${teamId}/connections`;
  const one = `${all}/${connection}`;
  const sound = { provider: 'generic', environment: 'sandbox', name: 'x', baseUrl: 'https://api.example.com' };
  const bearer = (fields: unknown) => ({ ...sound, credentials: [{ kind: 'bearer', fields }] });
  const mistakes: [string, string, unknown][] = [
    ['POST', all, bearer({ tokn: secret })],
    ['POST', all, bearer({ token: [secret] })],
    ['POST', all, bearer({ token: { fromFile: secret } })],
    ['POST', all, bearer({ token: { fromEnv: `${secret} ` } })],
    ['POST', all, bearer({ token: { value: secret } })],
    ['POST', all, bearer({ token: `${secret}\nx` })],
    ['POST', all, bearer({ token: `${secret}\u00e9` })],
    ['POST', all, bearer(secret)],
    ['POST', all, { ...sound, credentials: secret }],
    ['POST', all, { ...sound, credentials: [secret] }],
    ['POST', all, { ...sound, credentials: [{ kind: secret, fields: { token: 'x' } }] }],
    ['POST', all, { ...bearer({ token: secret }), policy: { timeouts: secret } }],
    ['POST', all, { ...bearer({ token: secret }), baseUrl: `https://user:${secret}@api.example.com` }],
    ['POST', all, { ...bearer({ token: secret }), baseUrl: `https://api.example.com/?token=${secret}` }],
    ['POST', all, { ...sound, credentials: [{ kind: 'header', fields: { name: 'host', value: secret } }] }],
    ['POST', all, { ...sound, credentials: [{ kind: 'docusign-jwt', fields: { privateKey: secret } }] }],
    ['POST', all, { ...sound, credentials: [{ kind: 'oauth-client-credentials', fields: { clientSecret: secret } }] }],
    ['POST', all, { ...sound, provider: 'documenso', credentials: [{ kind: 'bearer', fields: { token: secret } }] }],
    ['PATCH', one, { credentials: [{ name: '1', fields: { token: secret, another: secret } }] }],
    ['PATCH', one, { credentials: [{ name: '1', fields: { token: `${secret}\u0001` } }] }],
    ['PATCH', one, { baseUrl: `https://${secret}:x@api.example.com`, status: secret }],
    ['PATCH', `${all}/con_${'0'.repeat(26)}`, { credentials: [{ name: '1', fields: { token: secret } }] }],
  ];
  const answers: string[] = [];
  for (const [method, path, body] of mistakes) {
    const { status, body: answered } = await api.ask(method, path, body);
    expect(status, JSON.stringify(body)).toBeGreaterThanOrEqual(400);
    expect(status, JSON.stringify(body)).toBeLessThan(500);
    answers.push(JSON.stringify(answered));
  }
  return answers;
}

type OpenApi = { paths: Record<string, Record<string, unknown>> };

/** Asks every route that the API has, those that change something without anything to change. By method and path. */
async function askEveryRoute(
  { api, teamId }: CallingApi,
  connections: readonly string[],
): Promise<Map<string, string>> {
  const { paths } = await api.call<OpenApi>('GET', '/openapi.json');
  const calls = (await Promise.all(connections.map((each) => listCalls(api, teamId, each)))).flat();
  const known: Record<string, readonly string[]> = {
    team: [teamId],
    connection: connections,
    call: calls.map(({ id }) => id),
  };
  const requests: [string, string][] = [
    '/openapi.json',
    '/docs',
    '/metrics',
    '/livez',
    '/readyz',
    '/health/generic',
  ].map((path) => ['GET', path]);
  for (const [path, methods] of Object.entries(paths)) {
    const filled = fill(path, known);
    for (const method of Object.keys(methods).map((each) => each.toUpperCase())) {
      if (method !== 'DELETE') requests.push(...filled.map((each): [string, string] => [method, each]));
    }
  }
  const answers = new Map<string, string>();
  for (const [method, path] of requests) {
    // A feed or a stream waits for something to tell.
    const answer = await api
      .ask(method, path, method === 'GET' ? undefined : {}, { timeoutMs: 2_000 })
      .catch(() => null);
    if (answer === null) continue;
    const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
    answers.set(`${method} ${path}`, JSON.stringify([...answer.headers]) + text);
  }
  expect(answers.size).toBeGreaterThan(requests.length * 0.9);
  return answers;
}

/** The path with each of the ids that its parameters may have. */
function fill(path: string, known: Record<string, readonly string[]>): string[] {
  const [parameter = '', name = ''] = /[{:](\w+)\}?/.exec(path) ?? [];
  if (parameter === '') return [path];
  return (known[name] ?? ['unknown']).flatMap((id) => fill(path.replace(parameter, id), known));
}
