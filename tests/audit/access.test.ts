import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openAuditStand, type AuditStand } from './audit-stand.ts';

let stand: AuditStand;
let team: string;
let other: string;
beforeAll(async () => {
  stand = await openAuditStand();
  [team, other] = [await stand.createTeam('One'), await stand.createTeam('Other')];
});
afterAll(() => stand.close());

const refusals = async (of: string) => (await stand.entries(of)).filter(({ action }) => action === 'access.refused');
const fill = (url: string, of: string): string =>
  url.replaceAll(/:(\w+)|\*/g, (_, name: string) => (name === 'team' ? of : 'x'));

/** Bodies do not matter: access is judged before anything is read. */
async function askEvery(of: string, key: string, which: (url: string) => boolean) {
  const asked: { route: string; status: number; requestId: string }[] = [];
  for (const { method, url } of stand.routes) {
    if (!which(url) || method === 'HEAD') continue;
    const { status, requestId } = await stand.call(method, fill(url, of), { key });
    asked.push({ route: `${method} ${url}`, status, requestId });
  }
  return asked;
}

describe('refusals of keys that are known', () => {
  test('of another team are on record, one each, in the log of the team whose key it was', async () => {
    const { id, key } = await stand.createKey(other, ['*']);
    const before = (await stand.entries(team)).length;
    const asked = await askEvery(team, key, (url) => url.includes(':team'));
    expect(asked.length).toBeGreaterThan(25);
    expect(new Set(asked.map(({ status }) => status))).toEqual(new Set([404]));
    expect(await refusals(other)).toMatchObject(
      asked.map(({ route, requestId }) => ({
        team: other,
        actor: { kind: 'api-key', id, memberId: null },
        target: { kind: 'route', id: route },
        after: { code: 'not_found', team },
        address: '127.0.0.1',
        requestId,
        outcome: 'refused',
      })),
    );
    expect((await stand.entries(team)).length).toBe(before);
  });

  test('without the permission, and at what takes the operator key, are on record', async () => {
    const own = await stand.createTeam('Poor');
    const { key } = await stand.createKey(own, ['feed:read']);
    const asked = await askEvery(own, key, (url) => url.startsWith('/v1') && url !== '/v1/audit/public-key');
    expect(new Set(asked.map(({ status }) => status))).toEqual(new Set([403]));
    expect(await refusals(own)).toMatchObject(
      asked.map(({ route, requestId }) => ({ target: { id: route }, after: { code: 'forbidden' }, requestId })),
    );
  });

  test('that have expired are on record; those that nobody knows are nobody’s', async () => {
    const own = await stand.createTeam('Late');
    const { id, key } = await stand.createKey(own, ['*'], {
      expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
    });
    expect((await stand.call('GET', `/v1/teams/${own}`, { key })).status).toBe(200);
    stand.passTime(3_700_000);
    expect((await stand.call('GET', `/v1/teams/${own}`, { key })).status).toBe(401);
    stand.passTime(-3_700_000);
    expect(await refusals(own)).toMatchObject([{ actor: { id }, after: { code: 'unauthorized' } }]);
    expect((await stand.call('GET', `/v1/teams/${own}`, { key: `${key.slice(0, -4)}0000` })).status).toBe(401);
    expect((await stand.call('GET', `/v1/teams/${own}`, { key: null })).status).toBe(401);
    expect(await refusals(own)).toHaveLength(1);
  });

  test('inside a use case are on record: granting more than one has, and revealing a body', async () => {
    const own = await stand.createTeam('Inside');
    const { key } = await stand.createKey(own, ['keys:write', 'events:read']);
    const body = { name: 'more', permissions: ['*'] };
    expect((await stand.call('POST', `/v1/teams/${own}/api-keys`, { key, body })).status).toBe(403);
    const event = 'evt_01kajxkkj8ffkr1g8xs6a3ek0r';
    expect((await stand.call('GET', `/v1/teams/${own}/events/${event}/body?reveal=true`, { key })).status).toBe(403);
    expect((await refusals(own)).map(({ target }) => target?.id)).toEqual([
      'POST /v1/teams/:team/api-keys',
      'GET /v1/teams/:team/events/:id/body',
    ]);
  });

  test('are not answered while they cannot be recorded', async () => {
    const own = await stand.createTeam('Locked');
    const { key } = await stand.createKey(own, ['teams:read']);
    expect((await stand.call('GET', `/v1/teams/${own}`, { key })).status).toBe(200);
    await stand.database.query('ALTER TABLE audit_entry RENAME TO audit_entry_away');
    const refused = stand.call('GET', `/v1/teams/${own}/endpoints`, { key });
    expect((await refused).status).toBe(500);
    await stand.database.query('ALTER TABLE audit_entry_away RENAME TO audit_entry');
    expect((await stand.call('GET', `/v1/teams/${own}/endpoints`, { key })).status).toBe(403);
    expect(await refusals(own)).toHaveLength(1);
    expect(stand.errors.splice(0)).not.toEqual([]);
  });

  test('never hold what somebody wrote into a path', async () => {
    const { key } = await stand.createKey(other, ['teams:read']);
    await stand.call('GET', '/v1/teams/planted-in-a-path', { key });
    await stand.call('GET', `/v1/teams/${team}/endpoints/planted-in-a-path?q=planted`, { key });
    expect(JSON.stringify(await stand.entries(other))).not.toContain('planted');
  });
});

describe('the first use of a key', () => {
  const uses = async (of: string) => (await stand.entries(of)).filter(({ action }) => action === 'api-key.first-used');

  test('is on record once, however many come at the same time, and after a restart', async () => {
    const own = await stand.createTeam('Fresh');
    const { id, key } = await stand.createKey(own, ['teams:read']);
    await Promise.all(Array.from({ length: 20 }, () => stand.call('GET', `/v1/teams/${own}`, { key })));
    expect(await uses(own)).toMatchObject([
      { actor: { id }, target: { kind: 'api-key', id }, after: { route: 'GET /v1/teams/:team' } },
    ]);
    // Another process, or the same after a restart, knows of no use.
    const { access } = stand.openAudit();
    const actor = {
      kind: 'api-key' as const,
      teamId: own,
      apiKeyId: id,
      permissions: new Set<string>(),
      memberId: null,
      role: null,
    };
    access.used(actor, () => ({ route: 'GET /', address: '::1', requestId: 'r' }));
    await access.idle();
    expect(await uses(own)).toHaveLength(1);
  });
});

test('reading the log is on record, with what was looked for', async () => {
  const own = await stand.createTeam('Read');
  const { id, key } = await stand.createKey(own, ['audit:read']);
  expect((await stand.call('GET', `/v1/teams/${own}/audit?actor=operator`, { key })).status).toBe(200);
  expect((await stand.call('GET', `/v1/teams/${own}/audit/export`, { key })).status).toBe(200);
  expect((await stand.entries(own)).slice(-2)).toMatchObject([
    { action: 'audit.read', actor: { id }, after: { actor: 'operator' } },
    { action: 'audit.exported', actor: { id } },
  ]);
  const gatewayBefore = (await stand.entries(null)).length;
  await stand.call('GET', '/v1/audit');
  await stand.call('GET', '/v1/audit/export');
  expect((await stand.entries(null)).slice(gatewayBefore).map(({ action }) => action)).toEqual([
    'audit.read',
    'audit.exported',
  ]);
});
