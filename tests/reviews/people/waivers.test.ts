import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openPeopleStand, type PeopleStand } from './people-stand.ts';

let stand: PeopleStand;
let team = '';
let review = '';
type Person = Awaited<ReturnType<PeopleStand['addMember']>>;
let ada: Person;
let bo: Person;
let cy: Person;
beforeAll(async () => {
  stand = await openPeopleStand();
});
afterAll(() => stand[Symbol.asyncDispose]());
beforeEach(async () => {
  stand.time.nowMs = Date.parse('2026-07-01T12:00:00Z');
  stand.findings.clear();
  team = await stand.createTeam();
  [ada, bo, cy] = [await stand.addMember(team), await stand.addMember(team), await stand.addMember(team)];
  review = await stand.createReview(team);
});

const ask = (key: string | undefined, body: object = {}) =>
  stand.call('POST', `/v1/teams/${team}/reviews/${review}/waivers`, {
    ...(key === undefined ? {} : { key }),
    body: {
      check: 'gate.painted',
      owner: bo.id,
      reason: 'The painter comes in September.',
      control: 'Somebody looks for rust each morning.',
      expiresAt: '2026-07-21T12:00:00Z',
      ...body,
    },
  });
const turn = (key: string, id: string, verb: 'approve' | 'refuse' | 'withdraw') =>
  stand.call('POST', `/v1/teams/${team}/reviews/${review}/waivers/${id}/${verb}`, { key });
const painted = () => stand.stateOf(team, review, 'gate.painted');
const actions = async () => {
  const { rows } = await stand.database.pool.query<{ action: string; content: string }>(
    `SELECT action, content FROM audit_entry WHERE action LIKE 'waiver.%' AND content LIKE $1 ORDER BY sequence`,
    [`%"team":"${team}"%`],
  );
  return rows;
};

describe('a waiver', () => {
  test('counts once somebody else approved it, until it ends, and is on record without its words', async () => {
    const { status, body } = await ask(ada.key);
    expect({ status, body }).toMatchObject({
      status: 201,
      body: { check: 'gate.painted', requestedBy: ada.id, owner: bo.id, approved: null, endedAt: null },
    });
    expect((await painted()).state).toBe('failed');
    for (const each of [ada, bo]) {
      expect((await turn(each.key, body.id, 'approve')).body).toMatchObject({ code: 'forbidden' });
      expect((await turn(each.key, body.id, 'refuse')).body).toMatchObject({ code: 'forbidden' });
    }
    expect((await painted()).state).toBe('failed');
    expect((await turn(cy.key, body.id, 'approve')).body).toMatchObject({ approved: { by: cy.id } });
    expect(await painted()).toEqual({ state: 'waived', basis: body.id });
    expect((await turn(cy.key, body.id, 'approve')).status).toBe(409);
    const entries = await actions();
    expect(entries.map(({ action }) => action)).toEqual(['waiver.requested', 'waiver.approved']);
    expect(entries[0]?.content).toContain('reasonSha256');
    expect(JSON.stringify(entries)).not.toContain('painter');
    stand.time.nowMs = Date.parse('2026-07-21T12:00:00Z');
    expect((await painted()).state).not.toBe('waived');
  });

  test('is asked for by members who may, for what can be waived', async () => {
    const machine = await stand.createKey(team, ['*']);
    const [viewer, auditor] = [await stand.addMember(team, 'viewer'), await stand.addMember(team, 'auditor')];
    for (const key of [undefined, machine.key, viewer.key, auditor.key]) expect((await ask(key)).status).toBe(403);
    const pointers = async (body: object) => {
      const { errors, code } = (await ask(ada.key, body)).body as { errors?: { pointer: string }[]; code: string };
      return errors?.map(({ pointer }) => pointer) ?? code;
    };
    expect(await pointers({ reason: 'later' })).toEqual(['/reason']);
    expect(await pointers({ control: 'none' })).toEqual(['/control']);
    expect(await pointers({ expiresAt: '2026-10-01T12:00:00Z' })).toEqual(['/expiresAt']);
    expect(await pointers({ expiresAt: '2026-06-01T12:00:00Z' })).toEqual(['/expiresAt']);
    expect(await pointers({ check: 'no.such' })).toBe('not_found');
    expect(await pointers({ owner: 'mem_01kajxkkj8ffkr1g8xs6a3ek0r' })).toBe('not_found');
    expect(await pointers({ check: 'gate.holds' })).toBe('conflict');
    stand.findings.set('gate.holds', { state: 'failed', seen: 'It is open.', values: [], command: null });
    await stand.run(team, review);
    expect(await pointers({ check: 'gate.holds' })).toEqual(['/check']);
    expect(await actions()).toEqual([]);
  });

  test('is not given for what the review has nothing of', async () => {
    review = await stand.createReview(team, { checklists: ['account'] });
    const { status, body } = await ask(ada.key, { check: 'provider.known' });
    expect({ status, body }).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect(body.detail).toContain('this review has none');
    expect(await actions()).toEqual([]);
  });

  test('is one of a check, and of as many as the review has room for, whoever asks at once', async () => {
    review = await stand.createReview(team, { waiverCap: 1 });
    const answers = await Promise.all([
      ask(ada.key),
      ask(bo.key),
      ask(cy.key, { check: 'gate.oiled' }),
      ask(ada.key, { check: 'people.told' }),
    ]);
    const codes = answers.map(({ status, body }) => (status === 201 ? 'made' : (body as { code: string }).code));
    expect(codes.filter((code) => code === 'made')).toHaveLength(1);
    expect(codes.filter((code) => ['limit_reached', 'conflict'].includes(code))).toHaveLength(3);
    const made = answers.find(({ status }) => status === 201)?.body as {
      id: string;
      check: string;
      requestedBy: string;
    };
    expect((await ask(ada.key, { check: made.check })).body.code).toBe('conflict');
    const asker = [ada, bo, cy].find(({ id }) => id === made.requestedBy) ?? ada;
    expect((await turn(asker.key, made.id, 'withdraw')).status).toBe(200);
    expect((await ask(ada.key)).status).toBe(201);
  });

  test('is refused by somebody else, and taken back by who asked, owns or approved it', async () => {
    const first = (await ask(ada.key)).body;
    expect((await turn(cy.key, first.id, 'withdraw')).status).toBe(403);
    expect((await turn(cy.key, first.id, 'refuse')).body.endedAt).toBe('2026-07-01T12:00:00.000Z');
    expect((await turn(cy.key, first.id, 'approve')).status).toBe(409);
    const second = (await ask(ada.key)).body;
    await turn(cy.key, second.id, 'approve');
    expect((await painted()).state).toBe('waived');
    expect((await turn(bo.key, second.id, 'withdraw')).status).toBe(200);
    expect((await painted()).state).toBe('failed');
    const list = await stand.call('GET', `/v1/teams/${team}/reviews/${review}/waivers`, { key: ada.key });
    expect(list.body.data).toMatchObject([{ id: second.id }, { id: first.id }]);
    expect((await actions()).map(({ action }) => action)).toEqual([
      'waiver.requested',
      'waiver.refused',
      'waiver.requested',
      'waiver.approved',
      'waiver.taken-back',
    ]);
  });

  test('belongs to its review, and to one that is not over', async () => {
    const { body } = await ask(ada.key);
    const first = review;
    review = await stand.createReview(team);
    expect((await turn(cy.key, body.id, 'approve')).status).toBe(404);
    await stand.close(team, first);
    review = first;
    expect((await ask(ada.key, { check: 'gate.oiled' })).body.code).toBe('conflict');
    review = 'rev_nonsense';
    expect((await ask(ada.key)).status).toBe(404);
  });
});
