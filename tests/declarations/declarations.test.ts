import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { declarationRoutes } from '../../src/declarations/declarations.routes.ts';
import { memberRoutes } from '../../src/members/members.routes.ts';
import { createTestApi, type TestApi } from '../support/configuration-api.ts';
import { typed } from '../support/screen.ts';

let api: TestApi;
let team: string;
let at: string;
let url: string;
beforeAll(async () => {
  api = await createTestApi({
    register(app, { services }) {
      void app.register(declarationRoutes({ services }));
      void app.register(memberRoutes({ services }));
    },
  });
  url = await api.app.listen({ port: 0, host: '127.0.0.1' });
});
beforeEach(async () => {
  team = await api.createTeam();
  at = `/v1/teams/${team}/declarations`;
});
afterAll(() => api[Symbol.asyncDispose]());

const put = (version: number, parts: object, more: { confirm?: string[]; key?: string } = {}) => {
  const { key, confirm } = more;
  const body = { version, parts, ...(confirm === undefined ? {} : { confirm }) };
  return api.call('PUT', at, { body, ...(key === undefined ? {} : { key }) });
};
const pointersOf = ({ body }: { body: { errors?: { pointer: string }[] } }) =>
  (body.errors ?? []).map(({ pointer }) => pointer);

describe('declarations', () => {
  test('begin empty, and are replaced as a whole', async () => {
    expect((await api.call('GET', at)).body).toEqual({
      version: 0,
      parts: {},
      confirmed: {},
      writtenBy: null,
      writtenAt: null,
    });
    const first = await put(0, { traffic: { eventsPerSecond: 5 }, exchange: { countries: ['NO'], documentTypes: [] } });
    expect(first).toMatchObject({ status: 200, body: { version: 1, writtenBy: 'operator' } });
    await put(1, { traffic: { eventsPerSecond: 6 } });
    const { body } = await api.call('GET', at);
    expect(body).toMatchObject({ version: 2, parts: { traffic: { eventsPerSecond: 6 } } });
    expect(Object.keys(body.confirmed)).toEqual(['traffic']);
  });

  test('keep every version', async () => {
    for (const version of [0, 1, 2]) await put(version, { traffic: { eventsPerSecond: version + 1 } });
    const page = await api.call('GET', `${at}/versions?limit=2`);
    expect(page.body.data).toMatchObject([{ version: 3 }, { version: 2 }]);
    const rest = await api.call('GET', `${at}/versions?limit=2&cursor=${page.body.nextCursor}`);
    expect(rest.body).toMatchObject({ data: [{ version: 1 }], nextCursor: null });
    expect((await api.call('GET', `${at}/versions/1`)).body.parts).toEqual({ traffic: { eventsPerSecond: 1 } });
    expect((await api.call('GET', `${at}/versions/4`)).status).toBe(404);
  });

  test('are not written over what somebody else wrote', async () => {
    await put(0, { traffic: { eventsPerSecond: 5 } });
    expect(await put(0, { traffic: { eventsPerSecond: 7 } })).toMatchObject({
      status: 409,
      body: { code: 'conflict' },
    });
    const answers = await Promise.all([8, 9, 10].map((peak) => put(1, { traffic: { eventsPerSecond: peak } })));
    expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([200, 409, 409]);
  });

  test('say of each part who confirmed it last', async () => {
    const member = await api.call('POST', `/v1/teams/${team}/members`, {
      body: { name: 'Ada', email: 'ada@example.com', role: 'developer' },
    });
    const { key } = await api.createKey(team, ['*'], { memberId: member.body.id });
    const parts = { traffic: { eventsPerSecond: 5 }, providers: [] };
    await put(0, parts);
    const changed = await put(1, { ...parts, traffic: { eventsPerSecond: 6 } }, { key });
    expect(changed.body.confirmed).toMatchObject({ traffic: { by: member.body.id }, providers: { by: 'operator' } });
    const again = await put(2, { ...parts, traffic: { eventsPerSecond: 6 } }, { key, confirm: ['providers'] });
    expect(again.body.confirmed).toMatchObject({ providers: { by: member.body.id } });
    expect(pointersOf(await put(3, parts, { confirm: ['fields'] }))).toEqual(['/confirm/0']);
  });

  test('are refused with a pointer to what cannot be', async () => {
    const stranger = 'src_01kajxkkj8ffkr1g8xs6a3ek0r';
    const wrong: readonly [object, string][] = [
      [{ traffic: { eventsPerSecond: 0 } }, '/parts/traffic/eventsPerSecond'],
      [{ somethingElse: 1 }, '/parts/somethingElse'],
      [{ participants: [{ scheme: '0088', value: '7300010000002', owner: 'own' }] }, '/parts/participants/0/value'],
      [{ participants: [{ scheme: 'VAT', value: 'DE123456789', owner: 'own' }] }, '/parts/participants/0/scheme'],
      [{ fields: [field('/a'), field('/a')] }, '/parts/fields/1'],
      [{ webhooks: [{ source: stranger, needed: [] }] }, '/parts/webhooks/0/source'],
      [{ performance: [{ check: 'made.up', demand: 'fast' }] }, '/parts/performance/0/check'],
      [{ roles: { reviewedOn: '2999-01-01', reasons: [] } }, '/parts/roles/reviewedOn'],
      [{ addresses: [address(stranger, ['10.0.0.0/33'])] }, '/parts/addresses/0/addresses/0'],
    ];
    for (const [parts, pointer] of wrong) {
      const answer = await put(0, parts);
      expect(answer, JSON.stringify(parts)).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
      expect(pointersOf(answer), JSON.stringify(parts)).toContain(pointer);
    }
    expect((await api.call('GET', at)).body.version).toBe(0);
  });

  test('name only what the team itself has', async () => {
    const other = await api.createTeam();
    const made = await api.call('POST', `/v1/teams/${other}/sources`, {
      body: { provider: 'documenso', name: 'Theirs', credentials: [{ value: 'a secret of theirs' }] },
    });
    const webhooks = [{ source: made.body.id as string, needed: [] }];
    expect((await put(0, { webhooks })).status).toBe(400);
    at = `/v1/teams/${other}/declarations`;
    expect((await put(0, { webhooks })).status).toBe(200);
  });

  test('take the permissions of reviews, and the team', async () => {
    const reader = await api.createKey(team, ['reviews:read']);
    expect((await api.call('GET', at, { key: reader.key })).status).toBe(200);
    expect((await put(0, {}, { key: reader.key })).status).toBe(403);
    const stranger = await api.createKey(await api.createTeam(), ['*']);
    expect((await api.call('GET', at, { key: stranger.key })).status).toBe(404);
  });

  test('are on record without names', async () => {
    const legalEntity = { name: 'Planted AS', country: 'NO', identifiers: [{ scheme: '0192', value: '974760673' }] };
    await put(0, { legalEntity, traffic: { eventsPerSecond: 5 } });
    const { rows } = await api.database.pool.query<{ content: string }>(
      `SELECT content FROM audit_entry WHERE action = 'declarations.changed' AND target_id = $1`,
      [team],
    );
    const content = rows[0]?.content ?? '';
    expect(JSON.parse(content)).toMatchObject({ after: { version: 1, traffic: { eventsPerSecond: 5 } } });
    expect(content).not.toContain('Planted');
    expect(content).not.toContain('974760673');
  });
});

describe('posthorn declarations', () => {
  const run = (...args: string[]) =>
    typed(['declarations', ...args, '--url', url, '--key', api.operatorKey, '--team', team], 200);

  test('shows what set takes, and says who confirmed it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'posthorn-declarations-'));
    const file = join(folder, 'declarations.yaml');
    try {
      await writeFile(file, 'version: 0\nparts:\n  traffic:\n    eventsPerSecond: 5\n');
      expect((await run('set', '--file', file)).out).toEqual(['declared  version 1: traffic']);
      const { out, err } = await run('show');
      expect(err).toEqual([expect.stringMatching(/^traffic: confirmed by operator at /)]);
      await writeFile(file, out.join('\n'));
      expect((await run('set', '--file', file, '--confirm', 'traffic')).out).toEqual(['declared  version 2: traffic']);
      await expect(run('set', '--file', file)).rejects.toThrow(/read it again/);
      expect(JSON.parse((await run('show', '--as-of', '1', '--json')).out.join())).toMatchObject({ version: 1 });
      await writeFile(file, '- a list\n');
      await expect(run('set', '--file', file)).rejects.toThrow('holds no declarations');
      await expect(run('set', '--file', join(folder, 'none'))).rejects.toThrow('cannot be read (ENOENT)');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

function field(path: string) {
  return { eventType: '*', path, class: 'email', retentionDays: 30, masking: 'hidden' };
}

function address(source: string, addresses: string[]) {
  return { source, addresses, statedOn: '2026-01-01', statedBy: 'support' };
}
