/* oxlint-disable typescript/no-unsafe-call, typescript/no-unsafe-return -- answers are JSON of every shape */
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAuthority } from '../../tests/support/certificates.ts';
import { createTestApi, type TestApi } from '../../tests/support/configuration-api.ts';
import { createSigner } from '../signing/signer.rules.ts';
import { createTeamDirectory, type TeamDirectory } from '../teams/team-directory.ts';

let api: TestApi;
let directory: TeamDirectory;
let team: string;
let path: string;
const url = 'https://example.com/hook';
// oxlint-disable-next-line typescript/no-explicit-any -- answers are looked into at every depth
type Made = { id: string; secret: string } & Record<string, any>;

beforeAll(async () => {
  api = await createTestApi();
  directory = createTeamDirectory({
    database: api.database.pool,
    connection: api.database.config,
    sealer: api.services.sealer,
    clock: api.services.clock,
    onError: () => undefined,
  });
});
beforeEach(async () => {
  team = await api.createTeam();
  path = `/v1/teams/${team}/endpoints`;
});
afterAll(() => api[Symbol.asyncDispose]());

async function create(more: object = {}) {
  return api.call('POST', path, { body: { url, eventTypes: ['*'], ...more } });
}
async function created(more: object = {}): Promise<Made> {
  const answer = await create(more);
  expect(answer.status, answer.text).toBe(201);
  return answer.body as Made;
}
const config = async (id: string) => (await directory.refresh(team))?.endpoints.get(id);

describe('endpoints', () => {
  test('are made with the defaults of the contract', async () => {
    const { id, secret, secrets, createdAt, updatedAt, ...rest } = await created();
    expect(id).toMatch(/^ep_/);
    expect(secret).toMatch(/^whsec_/);
    expect(secrets).toEqual([{ id: expect.stringMatching(/^sec_/), createdAt: expect.any(String), expiresAt: null }]);
    expect(Date.parse(createdAt)).toBe(Date.parse(updatedAt));
    expect(rest).toEqual({
      url,
      description: null,
      sources: null,
      largeBodies: { inlineMaxBytes: 33_554_432, referenceSeconds: 86_400 },
      eventTypes: ['*'],
      signing: { scheme: 'standard-webhooks' },
      retry: { scheduleSeconds: [60, 300, 1800, 7200], timeoutMs: 30_000 },
      rateLimit: null,
      concurrency: 8,
      ordering: 'none',
      filter: null,
      headers: {},
      clientTls: null,
      disableAfterSeconds: 432_000,
      status: 'active',
      statusReason: null,
      health: { failingSince: null, lastSuccessAt: null, lastFailureAt: null },
    });
    const { secret: _, ...shown } = await created();
    expect((await api.call('GET', `${path}/${shown.id}`)).body).toEqual(shown);
  });

  test('a change leaves alone what it does not name, and null clears', async () => {
    const before = await created({ filter: { a: 1 }, rateLimit: { perSecond: 5 }, retry: { scheduleSeconds: [1] } });
    const { body } = await api.call('PATCH', `${path}/${before.id}`, {
      body: { filter: null, rateLimit: null, retry: { timeoutMs: 5_000 }, ordering: 'key' },
    });
    const { secret, ...rest } = before;
    expect(secret).toBeDefined();
    expect(body).toEqual({
      ...rest,
      filter: null,
      rateLimit: null,
      ordering: 'key',
      retry: { scheduleSeconds: [1], timeoutMs: 5_000 },
      updatedAt: body.updatedAt,
    });
  });

  test('what cannot be is refused with the place and the code', async () => {
    const cases: [object, number, string, string][] = [
      [{ url: 'http://example.com' }, 422, 'invalid_url', '/url'],
      [{ url: 'https://169.254.169.254/latest' }, 422, 'invalid_url', '/url'],
      [{ url: 'https://user:pw@example.com' }, 422, 'invalid_url', '/url'],
      [{ filter: { a: { $where: 'x' } } }, 422, 'invalid_filter', '/filter/a/$where'],
      [{ headers: { Host: 'a' } }, 422, 'invalid_header', '/headers/Host'],
      [{ headers: { 'x-a': 'b\r\nc: d' } }, 422, 'invalid_header', '/headers/x-a'],
      [{ headers: { 'x-a': '***' } }, 422, 'invalid_header', '/headers/x-a'],
      [{ signing: { scheme: 'shared-secret-header', header: 'content-type' } }, 422, 'invalid_header', '/signing'],
      [{ secret: 'short' }, 422, 'invalid_secret', '/secret'],
      [{ clientTls: { certPem: 'x', keyPem: 'y' } }, 400, 'invalid_request', '/clientTls/certPem'],
      [{ concurrency: 0 }, 400, 'invalid_request', '/concurrency'],
      [{ concurrency: '8' }, 400, 'invalid_request', '/concurrency'],
      [
        { retry: { scheduleSeconds: Array.from({ length: 51 }, () => 1) } },
        400,
        'invalid_request',
        '/retry/scheduleSeconds',
      ],
      [{ retry: { scheduleSeconds: [31 * 86_400] } }, 400, 'invalid_request', '/retry/scheduleSeconds/0'],
      [{ retry: { timeoutMs: 1 } }, 400, 'invalid_request', '/retry/timeoutMs'],
      [{ eventTypes: [] }, 400, 'invalid_request', '/eventTypes'],
      [{ eventTypes: ['in*voice'] }, 400, 'invalid_request', '/eventTypes/0'],
      [{ status: 'gone' }, 400, 'invalid_request', '/status'],
      [{ colour: 'red' }, 400, 'invalid_request', '/colour'],
    ];
    for (const [more, status, code, pointer] of cases) {
      const answer = await create(more);
      expect(answer, JSON.stringify(more)).toMatchObject({ status, body: { code } });
      expect(
        answer.body.errors.map((error: { pointer: string }) => error.pointer),
        JSON.stringify(more),
      ).toContain(pointer);
    }
    expect((await api.call('GET', path)).body.data).toEqual([]);
  });

  test('headers that cannot be are told all at once, each where it stands', async () => {
    const { id } = await created({ headers: { 'x-kept': '1' } });
    const answer = await api.call('PATCH', `${path}/${id}`, {
      body: {
        signing: { scheme: 'shared-secret-header', header: 'X-Kept' },
        headers: { Host: 'a', 'x-good': 'b', 'X/b': 'c', 'x-new': '***', 'x-c': 'planted\n', 'X-C': 'd' },
      },
    });
    expect(answer).toMatchObject({ status: 422, body: { code: 'invalid_header' } });
    expect(answer.body.errors).toEqual([
      { pointer: '/headers/x-new', message: 'has no value yet that *** could keep' },
      { pointer: '/headers/X-C', message: 'is given twice' },
      { pointer: '/headers/Host', message: 'belongs to the connection' },
      { pointer: '/headers/X~1b', message: 'name is not an HTTP token' },
      { pointer: '/headers/x-c', message: expect.stringContaining('line break') },
      { pointer: '/headers/x-kept', message: 'is the header of the signature' },
    ]);
    expect(JSON.stringify(answer.body)).not.toContain('planted');
  });

  test('secrets, header values and private keys are in no answer but the first, and in no log line', async () => {
    const planted = 'planted-header-value';
    const made = await created({ headers: { Authorization: `Bearer ${planted}` } });
    const rotated = await api.call('POST', `${path}/${made.id}/secret/rotate`, { body: { overlapSeconds: 60 } });
    const changed = await api.call('PATCH', `${path}/${made.id}`, { body: { description: 'x' } });
    const texts = [
      changed.text,
      (await api.call('GET', path)).text,
      (await api.call('GET', `${path}/${made.id}`)).text,
    ];
    await api.call('PATCH', `${path}/${made.id}`, {
      body: { secret: 'whsec_planted-wrong', headers: { 'x-b': '\n' } },
    });
    const { rows } = await api.database.pool.query('SELECT * FROM endpoint, endpoint_secret');
    const everything = [...texts, JSON.stringify(api.logged), JSON.stringify(rows), JSON.stringify(rows.map(String))];
    for (const secret of [made.secret, rotated.body.secret, planted, 'planted-wrong']) {
      expect(everything.join('\n')).not.toContain(secret);
    }
    expect(rotated.text).not.toContain(made.secret);
    expect(changed.body.headers).toEqual({ authorization: '***' });
    expect(rotated.headers['cache-control']).toBe('no-store');
  });

  test('headers are merged: a value sets, null removes, *** keeps, and what is not named stays', async () => {
    const { id } = await created({ headers: { 'x-a': '1', 'x-b': '2', 'x-c': '3' } });
    await api.call('PATCH', `${path}/${id}`, { body: { headers: { 'X-A': '***', 'x-b': null, 'x-d': '4' } } });
    expect((await config(id))?.headers).toEqual(['x-a', '1', 'x-c', '3', 'x-d', '4']);
    const taken = await api.call('PATCH', `${path}/${id}`, {
      body: { signing: { scheme: 'shared-secret-header', header: 'X-D' } },
    });
    expect(taken.body.code).toBe('invalid_header');
    await api.call('PATCH', `${path}/${id}`, { body: { headers: null } });
    expect((await config(id))?.headers).toEqual([]);
  });

  test('while a rotation overlaps both secrets sign, and a receiver with either verifies', async () => {
    const { id, secret: first } = await created();
    const { body } = await api.call('POST', `${path}/${id}/secret/rotate`, { body: { overlapSeconds: 3600 } });
    expect(body.secrets[0].expiresAt).toBeNull();
    expect(Date.parse(body.secrets[1].expiresAt) - Date.parse(body.secrets[0].createdAt)).toBe(3_600_000);
    const endpoint = await config(id);
    expect(endpoint?.secrets).toEqual([body.secret, first]);
    const payload = Buffer.from('{"a":1}');
    const flat = createSigner(endpoint!.signing, endpoint!.secrets).headersFor({
      id: 'evt_1',
      timestampSeconds: Math.floor(Date.now() / 1000),
      body: payload,
    });
    const headers = Object.fromEntries(flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1] ?? '']] : [])));
    for (const secret of [first, body.secret]) expect(new Webhook(secret).verify(payload, headers)).toEqual({ a: 1 });
    await api.call('POST', `${path}/${id}/secret/rotate`, { body: { overlapSeconds: 0 } });
    expect((await config(id))?.secrets).toHaveLength(1);
  });

  test('a client certificate has to fit its key, and the key is never shown', async () => {
    const authority = createAuthority();
    const [mine, other] = [authority.issue('DNS:a.test'), authority.issue('DNS:b.test')];
    authority.remove();
    const wrong = await create({ clientTls: { certPem: mine.certPem, keyPem: other.keyPem } });
    expect(wrong.body.errors).toEqual([{ pointer: '/clientTls/keyPem', message: 'is not the key of the certificate' }]);
    const { id, clientTls } = await created({ clientTls: { ...mine, caPem: authority.caPem } });
    expect(clientTls).toEqual({ certPem: mine.certPem, keyPem: '***', caPem: authority.caPem });
    const kept = await api.call('PATCH', `${path}/${id}`, { body: { clientTls: { ...clientTls, caPem: null } } });
    expect(kept.status).toBe(200);
    expect((await config(id))?.clientTls).toEqual(mine);
    await api.call('PATCH', `${path}/${id}`, { body: { clientTls: null } });
    expect((await config(id))?.clientTls).toBeNull();
  });

  test('a rotation takes a secret of your own, but not one that signs already, and not without end', async () => {
    const { id, secret } = await created();
    const rotate = (body: object) => api.call('POST', `${path}/${id}/secret/rotate`, { body });
    expect((await rotate({ secret })).body.code).toBe('conflict');
    expect((await rotate({ secret: 'whsec_nope' })).body).toMatchObject({ code: 'invalid_secret' });
    const own = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    expect((await rotate({ secret: own })).body.secret).toBe(own);
    const codes: unknown[] = [];
    for (let index = 0; index < 4; index += 1) codes.push((await rotate({})).body.code);
    expect(codes.at(-1)).toBe('limit_reached');
  });

  test('a signing scheme that cannot use the secret gets a new one at once', async () => {
    const { id } = await created();
    const ed25519 = { signing: { scheme: 'standard-webhooks-ed25519' } };
    const { body } = await api.call('PATCH', `${path}/${id}`, { body: ed25519 });
    expect(body.secret).toMatch(/^whsk_/);
    expect(body.signing.publicKeys).toEqual([expect.stringMatching(/^whpk_/)]);
    expect((await config(id))?.secrets).toEqual([body.secret]);
    const again = await api.call('PATCH', `${path}/${id}`, { body: ed25519 });
    expect(again.body).not.toHaveProperty('secret');
  });

  test('pausing and resuming go through the status, and resuming starts the failure count anew', async () => {
    const { id } = await created();
    const paused = await api.call('PATCH', `${path}/${id}`, { body: { status: 'paused' } });
    expect(paused.body).toMatchObject({ status: 'paused', statusReason: 'by request' });
    await api.database.pool.query(
      `INSERT INTO endpoint_health (team_id, endpoint_id, failing_since) SELECT team_id, id, now() FROM endpoint`,
    );
    expect((await api.call('GET', `${path}/${id}`)).body.health.failingSince).toEqual(expect.any(String));
    const resumed = await api.call('PATCH', `${path}/${id}`, { body: { status: 'active' } });
    expect(resumed.body).toMatchObject({ status: 'active', statusReason: null, health: { failingSince: null } });
  });

  test('a deleted endpoint is gone from the API and its secrets from the database', async () => {
    const { id } = await created();
    expect((await api.call('DELETE', `${path}/${id}`)).status).toBe(204);
    for (const method of ['GET', 'PATCH', 'DELETE'] as const) {
      const answer = await api.call(method, `${path}/${id}`, method === 'PATCH' ? { body: {} } : {});
      expect(answer.body.code, method).toBe('not_found');
    }
    expect((await api.call('POST', `${path}/${id}/secret/rotate`, { body: {} })).body.code).toBe('not_found');
    expect((await api.call('GET', path)).body.data).toEqual([]);
    const left = await api.database.pool.query(
      'SELECT deleted_at, (SELECT count(*)::int FROM endpoint_secret s WHERE s.endpoint_id = e.id) AS secrets FROM endpoint e ORDER BY id DESC LIMIT 1',
    );
    expect(left.rows).toEqual([{ deleted_at: expect.any(Date), secrets: 0 }]);
  });

  test('changes at the same time take turns: no limit is passed and nothing deadlocks', async () => {
    const { id } = await created();
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        index % 2 === 0
          ? create({ concurrency: index + 1 })
          : api.call('PATCH', `${path}/${id}`, { body: { concurrency: index } }),
      ),
    );
    expect(all.map(({ status }) => status)).toEqual(all.map((_, index) => (index % 2 === 0 ? 201 : 200)));
    await api.database.pool.query(
      `INSERT INTO endpoint (team_id, id, url, event_types, signing, retry_schedule_seconds, timeout_ms, concurrency, ordering, disable_after_seconds, status)
       SELECT team_id, gen_random_uuid(), url, event_types, signing, '{}', 1, 1, 'none', 1, 'active'
         FROM (SELECT * FROM endpoint ORDER BY id DESC LIMIT 1) e, generate_series(1, 988)`,
    );
    const last = await Promise.all([create(), create(), create()]);
    expect(last.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(last.filter(({ body }) => body.code === 'limit_reached')).toHaveLength(2);
  });
});
