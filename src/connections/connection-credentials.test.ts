/* oxlint-disable typescript/no-unsafe-call, typescript/no-unsafe-return -- answers are JSON of every shape */
import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TestApi } from '../../tests/support/configuration-api.ts';
import { createConnectionsStand, token } from '../../tests/support/connections-stand.ts';
import { readAllConnections } from './connection-snapshot.store.ts';
import { readConnectionConfig } from './read-connection-config.ts';

const stand = createConnectionsStand();
const { change, changed, config, create, created, inSeconds, tokens } = stand;
const pem = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();
let api: TestApi;
let team: string;
let path: string;

beforeAll(async () => {
  api = await stand.open();
});
beforeEach(async () => {
  ({ team, path } = await stand.newTeam());
});
afterAll(() => stand.close());

const generic = (kind: string, fields: object) => {
  return { provider: 'generic', baseUrl: 'https://api.example.com', credentials: [{ kind, fields }] };
};
const docusign = (fields: object) => ({ provider: 'docusign', credentials: [{ kind: 'docusign-jwt', fields }] });
const client = { tokenUrl: 'https://login.example.com/token', clientId: 'id', clientSecret: 'the secret of a client' };
const jwt = { integrationKey: 'an-integration-key', userId: 'a-user', privateKey: pem };

describe('the credentials of a connection', () => {
  test('are in no answer, no log line and no column, and sealed for their row alone', async () => {
    const made = await created({
      credentials: [{ fields: { token } }, { name: 'other', fields: { token: `${token}-2` } }],
    });
    const again = await changed(made.id, {
      credentials: [{ name: '3', fields: { token: `${token}-3` } }, { name: '1' }, { name: 'other' }],
    });
    const refused = [
      await create({ credentials: [{ fields: { token: `Bearer ${token}` } }] }),
      await create({ credentials: [{ fields: { token, secret: token } }] }),
      await create({ credentials: [{ kind: 'basic', fields: { password: token } }] }),
      await create({ credentials: [{ fields: { token: `${token}\u0001` } }] }),
      await create({ credentials: [{ fields: { token: 7 } }], policy: token }),
      await create({ baseUrl: `https://user:${token}@app.documenso.com` }),
      await create(docusign({ ...jwt, privateKey: pem.replaceAll('\n', '').replace('MII', token) })),
    ];
    expect(refused.map(({ status }) => status)).toEqual([422, 400, 400, 422, 400, 422, 422]);
    const rows = await readAllConnections(api.database.pool);
    const stored = await api.database.pool.query<{ sealed: Buffer }>('SELECT * FROM connection_credential');
    const everything = [
      JSON.stringify([made, again]),
      ...refused.map(({ text }) => text),
      (await api.call('GET', path)).text,
      (await api.call('GET', `${path}/${made.id}`)).text,
      JSON.stringify(api.logged),
      JSON.stringify((await api.database.pool.query('SELECT * FROM connection')).rows),
      stored.rows.map(({ sealed }) => sealed.toString('latin1')).join('\n'),
      JSON.stringify([stored.rows, rows]),
    ].join('\n');
    for (const planted of [token, Buffer.from(token).toString('hex'), Buffer.from(token).toString('base64')]) {
      expect(everything).not.toContain(planted);
    }
    const [row] = rows.filter(({ id }) => id === made.id);
    const [first, second] = row!.credentials;
    const swapped = { ...row!, credentials: [{ ...first!, sealed: second!.sealed }] };
    expect(() => readConnectionConfig(api.services.sealer, swapped)).toThrow('belongs to another row');
  });

  test.each([
    ['bearer', generic('bearer', { token: ' tok-en\n' }), { token: 'tok-en' }],
    ['header', generic('header', { name: 'X-API-Key', value: 'k' }), { name: 'X-API-Key', value: 'k' }],
    ['basic', generic('basic', { username: 'u', password: '' }), { username: 'u', password: '' }],
    ['basic', generic('basic', { username: 'ü', password: ' p ' }), { username: 'ü', password: ' p ' }],
    ['oauth-client-credentials', generic('oauth-client-credentials', client), client],
    [
      'oauth-client-credentials',
      generic('oauth-client-credentials', {
        ...client,
        scope: 'read write',
        audience: 'a',
        clientAuthentication: 'body',
      }),
      { ...client, scope: 'read write', audience: 'a', clientAuthentication: 'body' },
    ],
    ['docusign-jwt', docusign(jwt), jwt],
    [
      'docusign-jwt',
      docusign({
        ...jwt,
        privateKey: pem.replaceAll('\n', '\\n'),
        accountId: 'acc',
        authBaseUrl: 'https://account.docusign.com/',
      }),
      { ...jwt, accountId: 'acc', authBaseUrl: 'https://account.docusign.com' },
    ],
  ] as const)(
    'of kind %s are taken with their fields, and kept as they will be sent (%#)',
    async (kind, body, fields) => {
      const { id } = await created(body);
      const values = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, { value }]));
      expect((await config(id)).credentials).toMatchObject([{ kind, fields: values }]);
    },
  );

  test('what cannot be sent is refused with the field, the reason and how to mend it', async () => {
    const oauth = (more: object) => generic('oauth-client-credentials', { ...client, ...more });
    const goroute = (value: string) => ({
      provider: 'goroute',
      credentials: [{ fields: { name: 'X-API-Key', value } }],
    });
    const cases: [object, string, string, string][] = [
      [generic('bearer', {}), 'invalid_request', 'token', 'is missing'],
      [generic('bearer', { token: '' }), 'invalid_credential', 'token', 'is empty'],
      [generic('bearer', { token: 'a b' }), 'invalid_credential', 'token', 'has a blank'],
      [generic('bearer', { tokn: 'a' }), 'invalid_request', 'tokn', 'did you mean token?'],
      [generic('bearer', { token: 'a', constructor: 'a' }), 'invalid_request', 'constructor', 'it has token'],
      [generic('bearer', { token: 7 }), 'invalid_request', 'token', 'must be'],
      [generic('header', { name: 'X-Key' }), 'invalid_request', 'value', 'is missing'],
      [generic('header', { name: 'host', value: 'a' }), 'invalid_credential', 'name', 'belongs to the connection'],
      [generic('header', { name: 'a b', value: 'a' }), 'invalid_credential', 'name', 'is not an HTTP token'],
      [generic('header', { name: 'X-Key', value: 'ä' }), 'invalid_credential', 'value', 'not visible ASCII'],
      [generic('basic', { username: 'a:b', password: 'c' }), 'invalid_credential', 'username', 'has a colon'],
      [generic('basic', { username: 'a', password: 'c\td' }), 'invalid_credential', 'password', 'control character'],
      [oauth({ tokenUrl: 'http://login.example.com' }), 'invalid_credential', 'tokenUrl', 'is not https'],
      [oauth({ tokenUrl: 'https://127.0.0.1/token' }), 'invalid_credential', 'tokenUrl', 'has an address'],
      [oauth({ scope: 'a  b' }), 'invalid_credential', 'scope', 'with one blank between'],
      [oauth({ clientAuthentication: 'jwt' }), 'invalid_credential', 'clientAuthentication', 'must be basic or body'],
      [docusign({ ...jwt, privateKey: 'MIIE' }), 'invalid_credential', 'privateKey', 'is no PEM'],
      [
        docusign({ ...jwt, authBaseUrl: 'https://account-d.docusign.com' }),
        'invalid_credential',
        'authBaseUrl',
        'sandbox',
      ],
      [docusign({ ...jwt, authBaseUrl: 'https://evil.example' }), 'invalid_credential', 'authBaseUrl', 'is no host'],
      [goroute('sk_test_planted'), 'invalid_credential', 'value', 'a key of the sandbox'],
      [
        { ...goroute('pk_goroute_planted'), environment: 'sandbox' },
        'invalid_credential',
        'value',
        'Keys of the sandbox',
      ],
    ];
    for (const [body, code, field, message] of cases) {
      const answer = await create(body);
      const what = `${JSON.stringify(body)} ${answer.text}`;
      expect(answer.body, what).toMatchObject({ code });
      const error = answer.body.errors.find(({ pointer }: { pointer: string }) =>
        pointer.startsWith(`/credentials/0/fields/${field}`),
      );
      expect(error?.message, what).toContain(message);
      expect(answer.text).not.toContain('planted');
    }
    expect((await api.call('GET', path)).body.data).toEqual([]);
  });

  test('a rotation has no gap: the new one is used first, the old one when the new one is refused', async () => {
    const { id, credentials: before } = await created();
    const both = await changed(id, {
      credentials: [
        { name: '1', expiresAt: inSeconds(3600) },
        { name: '2', fields: { token: `${token}-2` } },
      ],
    });
    expect(both['credentials']).toEqual([
      { ...before[0], id: expect.any(String), name: '2', createdAt: expect.any(String) },
      { ...before[0], expiresAt: inSeconds(3600) },
    ]);
    expect(await tokens(id)).toEqual([{ value: `${token}-2` }, { value: token }]);
    stand.passTime(3_600_000);
    const late = (await api.call('GET', `${path}/${id}`)).body;
    expect(late.credentials.map(({ expired }: { expired: boolean }) => expired)).toEqual([false, true]);
    const kept = await changed(id, { credentials: [{ name: '2' }] });
    expect(kept['credentials']).toEqual([both['credentials'][0]]);
    expect(await tokens(id)).toEqual([{ value: `${token}-2` }]);
  });

  test('several that are given at once are used in the order of the list', async () => {
    const given = ['a', 'b', 'c'].map((name) => ({ name, fields: { token: `tok_${name}` } }));
    const { id } = await created({ credentials: given });
    expect(await tokens(id)).toEqual([{ value: 'tok_a' }, { value: 'tok_b' }, { value: 'tok_c' }]);
    await changed(id, {
      credentials: [{ name: 'd', fields: { token: 'tok_d' } }, ...given.map(({ name }) => ({ name }))],
    });
    expect((await tokens(id))[0]).toEqual({ value: 'tok_d' });
  });

  test('as they were read they can be sent back, and change nothing', async () => {
    const { id } = await created({
      credentials: [{ fields: { token } }, { fields: { token: `${token}-2` }, expiresAt: inSeconds(60) }],
    });
    stand.passTime(61_000);
    const before = (await api.call('GET', `${path}/${id}`)).body;
    const given = before.credentials.map(({ name, kind, expiresAt }: Record<string, unknown>) => ({
      name,
      kind,
      expiresAt,
    }));
    expect((await changed(id, { credentials: given }))['credentials']).toEqual(before.credentials);
    expect(await tokens(id)).toEqual([{ value: token }, { value: `${token}-2` }]);
  });

  test('one that has not expired has to remain, and another kind needs its own fields', async () => {
    const { id } = await created(generic('bearer', { token }));
    for (const expiresAt of [inSeconds(-1), inSeconds(0)]) {
      const answer = await change(id, { credentials: [{ name: '1', expiresAt }] });
      expect(answer.body).toMatchObject({ code: 'invalid_request', errors: [{ pointer: '/credentials' }] });
    }
    const kind = await change(id, { credentials: [{ name: '1', kind: 'basic' }] });
    expect(kind.body.errors).toEqual([
      { pointer: '/credentials/0/fields', message: 'is missing: another kind has other fields' },
    ]);
  });
});

describe('references of a credential', () => {
  const references = [
    { fromFile: '/run/secrets/token' },
    { fromEnv: 'DOCUMENSO_TOKEN' },
    { fromCommand: ['vault', 'read'] },
  ];

  test.each(references)('%j is taken from the operator, and nobody else', async (reference) => {
    const credentials = [{ fields: { token: reference } }];
    const { id } = await created({ credentials });
    expect(await tokens(id)).toEqual([reference]);
    const { key } = await api.createKey(team, ['*']);
    for (const refused of [await create({ credentials }, key), await change(id, { credentials }, key)]) {
      expect(refused).toMatchObject({
        status: 403,
        body: { code: 'forbidden', errors: [{ pointer: '/credentials/0/fields/token' }] },
      });
      expect(refused.body.detail).toContain('for the operator key');
    }
    // What the operator has set goes on, whoever changes the rest.
    expect((await change(id, { name: 'x', credentials: [{ name: '1' }] }, key)).status).toBe(200);
    expect(await tokens(id)).toEqual([reference]);
    const shown = (await api.call('GET', `${path}/${id}`)).text;
    for (const part of ['/run/secrets', 'DOCUMENSO_TOKEN', 'vault']) expect(shown).not.toContain(part);
  });

  test('that name nothing, two things, or decide where secrets go are refused', async () => {
    const cases: [object, string][] = [
      [generic('bearer', { token: {} }), 'token'],
      [generic('bearer', { token: { fromFile: '/a', fromEnv: 'A' } }), 'token'],
      [generic('bearer', { token: { fromFile: 'relative' } }), 'token/fromFile'],
      [generic('bearer', { token: { fromEnv: 'A B' } }), 'token/fromEnv'],
      [generic('bearer', { token: { fromCommand: [] } }), 'token/fromCommand'],
      [generic('bearer', { token: { fromCommand: 'rm -rf /' } }), 'token/fromCommand'],
      [generic('bearer', { token: { fromWeb: 'x' } }), 'token/fromWeb'],
      [generic('oauth-client-credentials', { ...client, tokenUrl: { fromEnv: 'A' } }), 'tokenUrl'],
      [generic('header', { name: { fromEnv: 'A' }, value: 'x' }), 'name'],
    ];
    for (const [body, field] of cases) {
      const answer = await create(body);
      expect(answer.body, answer.text).toMatchObject({ code: 'invalid_request' });
      const pointers = answer.body.errors.map(({ pointer }: { pointer: string }) => pointer);
      expect(pointers, answer.text).toContain(`/credentials/0/fields/${field}`);
    }
  });
});

describe('stored credentials', () => {
  test('are not sent to another server by whoever may change the connection but need not know them', async () => {
    const { key } = await api.createKey(team, ['connections:write', 'connections:call']);
    const { id } = await created({ ...generic('bearer', { token: { fromFile: '/etc/secret' } }) });
    const own = await created(generic('bearer', { token }), key);
    for (const connection of [id, own.id]) {
      for (const more of [{}, { credentials: [{ name: '1' }] }]) {
        const moved = await change(connection, { baseUrl: 'https://evil.example', selfHosted: true, ...more }, key);
        expect(moved).toMatchObject({
          status: 422,
          body: { code: 'invalid_base_url', errors: [{ pointer: '/baseUrl' }] },
        });
      }
      const other = await change(connection, { baseUrl: 'https://api.example.com/v2' }, key);
      expect(other.body.baseUrl).toBe('https://api.example.com/v2');
    }
    const anew = { baseUrl: 'https://api.example.net', credentials: [{ kind: 'bearer', fields: { token } }] };
    expect((await change(own.id, anew, key)).status).toBe(200);
    expect((await changed(id, { baseUrl: 'https://api.example.org' }))['baseUrl']).toBe('https://api.example.org');
  });

  test("may go to another of the provider's own servers", async () => {
    const { key } = await api.createKey(team, ['connections:write']);
    const { id } = await created({ baseUrl: 'https://sign.example.com', selfHosted: true });
    const back = await change(id, { baseUrl: null }, key);
    expect(back.body.baseUrl).toBe('https://app.documenso.com');
    expect((await change(id, { baseUrl: 'https://sign.example.com', selfHosted: true }, key)).status).toBe(422);
  });
});
