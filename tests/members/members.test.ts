/* oxlint-disable typescript/no-unsafe-call, typescript/no-unsafe-return -- answers are JSON of every shape */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { uuidFromId } from '../../src/ids/id.rules.ts';
import { type MembersStand, openMembersStand } from './members-stand.ts';

let stand: MembersStand;
let team: string;
beforeAll(async () => {
  stand = await openMembersStand();
});
beforeEach(async () => {
  team = await stand.createTeam();
});
afterAll(() => stand[Symbol.asyncDispose]());

const members = (path = '') => `/v1/teams/${team}/members${path}`;
const ada = { name: 'Ada', email: 'Ada@Example.com', role: 'owner' };

describe('members', () => {
  test('are added, read, listed, changed and removed', async () => {
    const added = await stand.call('POST', members(), { body: ada });
    expect(added.body).toMatchObject({
      ...ada,
      id: expect.stringMatching(/^mem_/),
      status: 'active',
      invitedBy: 'operator',
    });
    const second = await stand.addMember(team, 'viewer');
    const { id } = added.body;
    expect((await stand.call('GET', members())).body.data.map((each: { id: string }) => each.id)).toEqual([second, id]);
    const changed = await stand.call('PATCH', members(`/${second}`), { body: { name: 'Bo', role: 'auditor' } });
    expect(changed.body).toMatchObject({ id: second, name: 'Bo', role: 'auditor' });
    expect((await stand.call('DELETE', members(`/${second}`))).status).toBe(204);
    expect((await stand.call('GET', members(`/${second}`))).body).toMatchObject({ name: 'Bo', status: 'removed' });
    expect((await stand.call('GET', members('?status=active'))).body.data).toEqual([added.body]);
    expect((await stand.call('PATCH', members(`/${second}`), { body: { name: 'Cy' } })).status).toBe(404);
    expect((await stand.call('DELETE', members(`/${second}`))).status).toBe(404);
  });

  test('of one team are no members of another', async () => {
    const id = await stand.addMember(team, 'viewer');
    const other = await stand.createTeam();
    for (const method of ['GET', 'PATCH', 'DELETE'] as const) {
      const answer = await stand.call(
        method,
        `/v1/teams/${other}/members/${id}`,
        method === 'PATCH' ? { body: {} } : {},
      );
      expect(answer.status, method).toBe(404);
    }
    expect((await stand.call('GET', `/v1/teams/${other}/members`)).body.data).toEqual([]);
  });

  test('have an e-mail that no other has in any case, until they are removed', async () => {
    const id = (await stand.call('POST', members(), { body: ada })).body.id;
    const again = await stand.call('POST', members(), { body: { ...ada, email: 'ADA@example.COM' } });
    expect(again.body).toMatchObject({ code: 'conflict', errors: [{ pointer: '/email' }] });
    expect(again.text).not.toMatch(/ada@/i);
    const bo = await stand.addMember(team, 'owner');
    expect((await stand.call('PATCH', members(`/${bo}`), { body: { email: 'ada@example.com' } })).status).toBe(409);
    expect((await stand.call('PATCH', members(`/${id}`), { body: { email: 'ada@example.com' } })).status).toBe(200);
    await stand.call('DELETE', members(`/${id}`));
    const back = await stand.call('POST', members(), { body: ada });
    expect([back.status, back.body.id === id]).toEqual([201, false]);
  });

  test('that are added at the same time with one e-mail are one', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => stand.call('POST', members(), { body: ada })));
    expect(all.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([
      201, 409, 409, 409, 409, 409, 409, 409,
    ]);
  });

  test('are refused with the place of what is wrong', async () => {
    for (const [field, value] of [
      ['role', 'king'],
      ['email', 'no'],
      ['name', ''],
      ['status', 'active'],
    ] as const) {
      const answer = await stand.call('POST', members(), { body: { ...ada, [field]: value } });
      expect(answer.status, field).toBe(400);
      expect(answer.text, field).toContain(`/${field}`);
    }
  });

  test('are gone with their team', async () => {
    const id = await stand.addMember(team, 'owner');
    await stand.call('PUT', `/v1/teams/${team}/signers/quality`, { body: { members: [id] } });
    await stand.call('DELETE', `/v1/teams/${team}`);
    for (const table of ['member', 'team_signer']) {
      const { rowCount } = await stand.database.pool.query(`SELECT FROM ${table} WHERE team_id = $1`, [
        uuidFromId(team),
      ]);
      expect(rowCount, table).toBe(0);
    }
  });
});

describe('owners', () => {
  test('are never all gone, also when two step down at the same time', async () => {
    const [one, two] = [await stand.addMember(team, 'owner'), await stand.addMember(team, 'owner')];
    const outcomes = await Promise.all([
      stand.call('PATCH', members(`/${one}`), { body: { role: 'viewer' } }),
      stand.call('DELETE', members(`/${two}`)),
    ]);
    expect(outcomes.map(({ status }) => status).filter((status) => status === 409)).toHaveLength(1);
    const { data } = (await stand.call('GET', members('?status=active'))).body;
    expect(data.filter((each: { role: string }) => each.role === 'owner')).toHaveLength(1);
    const refused = outcomes.find(({ status }) => status === 409);
    expect(refused?.body).toMatchObject({ code: 'last_owner', detail: expect.stringContaining('another member') });
  });

  test('alone make owners, and an admin neither raises nor touches one', async () => {
    const owner = await stand.addMember(team, 'owner');
    const admin = await stand.addMember(team, 'admin');
    const [ofOwner, ofAdmin] = [await stand.keyOf(team, owner), await stand.keyOf(team, admin)];
    const machine = await stand.createKey(team, ['*']);
    const as = async (key: string, method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: object) =>
      (await stand.call(method, members(path), { key, ...(body === undefined ? {} : { body }) })).status;
    expect(await as(ofAdmin.key, 'POST', '', { ...ada, role: 'owner' })).toBe(403);
    expect(await as(machine.key, 'POST', '', { ...ada, role: 'owner' })).toBe(403);
    expect(await as(ofAdmin.key, 'PATCH', `/${admin}`, { role: 'owner' })).toBe(403);
    expect(await as(ofAdmin.key, 'PATCH', `/${owner}`, { email: 'mine@example.com' })).toBe(403);
    expect(await as(ofAdmin.key, 'DELETE', `/${owner}`)).toBe(403);
    expect(await as(ofAdmin.key, 'POST', '', { ...ada, role: 'developer' })).toBe(201);
    expect(await as(ofOwner.key, 'PATCH', `/${admin}`, { role: 'owner' })).toBe(200);
    const invited = (await stand.call('GET', members())).body.data[0];
    expect(invited).toMatchObject({ name: 'Ada', invitedBy: admin });
  });
});

describe('signers', () => {
  const signers = (duty = '') => `/v1/teams/${team}/signers${duty}`;

  test('are named by duty, and are named no more when they are removed or may not sign', async () => {
    const [one, two] = [await stand.addMember(team, 'auditor'), await stand.addMember(team, 'developer')];
    const named = await stand.call('PUT', signers('/security'), { body: { members: [two, one] } });
    expect(named.body).toEqual({ duty: 'security', members: [one, two] });
    await stand.call('PUT', signers('/product'), { body: { members: [one] } });
    const read = async () =>
      Object.fromEntries(
        (await stand.call('GET', signers())).body.data.map((each: { duty: string; members: string[] }) => [
          each.duty,
          each.members,
        ]),
      );
    expect(await read()).toEqual({
      engineering: [],
      security: [one, two],
      operations: [],
      product: [one],
      quality: [],
    });
    await stand.call('DELETE', members(`/${one}`));
    expect(await read()).toMatchObject({ security: [two], product: [] });
    await stand.call('PATCH', members(`/${two}`), { body: { role: 'viewer' } });
    expect(await read()).toMatchObject({ security: [] });
  });

  test('are members of the team whose role signs', async () => {
    const viewer = await stand.addMember(team, 'viewer');
    const refused = await stand.call('PUT', signers('/quality'), { body: { members: [viewer] } });
    expect(refused.body).toMatchObject({ code: 'invalid_request', errors: [{ pointer: '/members/0' }] });
    const stranger = await stand.addMember(await stand.createTeam(), 'owner');
    expect((await stand.call('PUT', signers('/quality'), { body: { members: [stranger] } })).status).toBe(404);
    expect((await stand.call('PUT', signers('/sales'), { body: { members: [] } })).status).toBe(400);
  });
});

test('what is done to members is on record, without names and e-mails', async () => {
  const id = (await stand.call('POST', members(), { body: ada })).body.id;
  await stand.addMember(team, 'owner');
  await stand.call('PATCH', members(`/${id}`), { body: { role: 'admin', name: 'Lovelace' } });
  await stand.call('PUT', `/v1/teams/${team}/signers/quality`, { body: { members: [id] } });
  const key = await stand.keyOf(team, id);
  await stand.call('DELETE', members(`/${id}`));
  const { rows } = await stand.database.pool.query<{ action: string; target_id: string; content: string }>(
    'SELECT action, target_id, content FROM audit_entry WHERE team_id = $1 ORDER BY sequence',
    [uuidFromId(team)],
  );
  const mine = rows.filter((row) => [id, key.id, 'quality'].includes(row.target_id));
  expect(mine.map(({ action }) => action)).toEqual([
    'member.added',
    'member.changed',
    'signers.named',
    'api-key.created',
    'api-key.revoked',
    'member.removed',
  ]);
  expect(JSON.parse(mine[1]?.content ?? '')).toMatchObject({
    before: { role: 'owner', name: '***' },
    after: { role: 'admin', name: '***' },
  });
  expect(rows.map(({ content }) => content).join()).not.toMatch(/lovelace|ada@/i);
});
