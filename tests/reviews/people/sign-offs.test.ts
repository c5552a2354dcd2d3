import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openPeopleStand, type PeopleStand } from './people-stand.ts';

let stand: PeopleStand;
let team = '';
let review = '';
type Person = Awaited<ReturnType<PeopleStand['addMember']>>;
let ada: Person;
let bo: Person;
beforeAll(async () => {
  stand = await openPeopleStand();
});
afterAll(() => stand[Symbol.asyncDispose]());
beforeEach(async () => {
  stand.time.nowMs = Date.parse('2026-07-01T12:00:00Z');
  stand.findings.clear();
  for (const id of ['gate.painted', 'gate.oiled']) {
    stand.findings.set(id, { state: 'passed', seen: 'It is.', values: [], command: null });
  }
  team = await stand.createTeam();
  [ada, bo] = [await stand.addMember(team), await stand.addMember(team, 'auditor')];
  await stand.nameSigners(team, 'engineering', [ada]);
  await stand.nameSigners(team, 'security', [ada, bo]);
  review = await stand.createReview(team);
});

const path = () => `/v1/teams/${team}/reviews/${review}/sign-offs`;
const hash = async () => (await stand.view(team, review)).evidenceHash;
const sign = async (key: string | undefined, duty: string, body: object = {}) =>
  stand.call('POST', path(), {
    ...(key === undefined ? {} : { key }),
    body: { duty, evidenceHash: await hash(), ...body },
  });
const missing = async () => (await stand.view(team, review)).missingDuties;
const list = async () => (await stand.call('GET', path())).body.data as object[];

describe('a sign-off', () => {
  test('is given by who is named for the duty, over what they saw', async () => {
    const seen = await hash();
    const { status, body } = await sign(ada.key, 'engineering', { remark: 'Well done, all of you.' });
    expect({ status, body }).toMatchObject({
      status: 201,
      body: { duty: 'engineering', member: ada.id, evidenceHash: seen, signedAt: '2026-07-01T12:00:00.000Z' },
    });
    expect(await missing()).toEqual(['security']);
    expect((await sign(ada.key, 'engineering')).body.code).toBe('conflict');
    expect((await sign(ada.key, 'security')).body.detail).toContain('another one');
    expect((await sign(bo.key, 'security')).status).toBe(201);
    expect(await missing()).toEqual([]);
    const { rows } = await stand.database.pool.query<{ content: string }>(
      `SELECT content FROM audit_entry WHERE action = 'review.signed' AND content LIKE $1`,
      [`%"team":"${team}"%`],
    );
    expect(rows).toHaveLength(2);
    expect(rows[0]?.content).toContain(seen);
    expect(rows[0]?.content).not.toContain('Well done');
  });

  test('is given by nobody else', async () => {
    const machine = await stand.createKey(team, ['*']);
    const viewer = await stand.addMember(team, 'viewer');
    for (const key of [undefined, machine.key, viewer.key]) expect((await sign(key, 'security')).status).toBe(403);
    expect((await sign(bo.key, 'engineering')).body.detail).toContain('not named');
    expect((await sign(ada.key, 'product')).body).toMatchObject({
      code: 'invalid_request',
      errors: [{ pointer: '/duty' }],
    });
    expect((await sign(ada.key, 'security', { evidenceHash: 'a'.repeat(64) })).body.code).toBe('evidence_changed');
    expect(await missing()).toEqual(['engineering', 'security']);
  });

  test('counts once of a person, also when both are asked for at the same moment', async () => {
    const both = await Promise.all([sign(ada.key, 'engineering'), sign(ada.key, 'security')]);
    expect(both.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([201, 409]);
  });

  test('stands while the same is measured again, and falls with what changed in substance', async () => {
    await sign(ada.key, 'engineering');
    await stand.run(team, review);
    expect(await missing()).toEqual(['security']);
    stand.findings.set('gate.painted', { state: 'failed', seen: 'Rust.', values: [], command: null });
    await stand.run(team, review);
    expect(await missing()).toEqual(['engineering', 'security']);
    expect(await list()).toMatchObject([
      {
        fallenBecause: 'What was signed has changed in substance.',
        changed: [{ check: 'gate.painted', from: 'passed', to: 'failed' }],
      },
    ]);
    expect((await sign(ada.key, 'engineering')).status).toBe(201);
    expect(await list()).toMatchObject([{ fallenBecause: null, changed: [] }, { fallenBecause: expect.any(String) }]);
  });

  test('falls when somebody attests or waives after it, and when its member is named no more', async () => {
    await sign(bo.key, 'security');
    await sign(ada.key, 'engineering');
    await stand.nameSigners(team, 'security', [ada]);
    expect(await missing()).toEqual(['security']);
    const body = { check: 'people.told', proofs: [{ kind: 'text', text: 'They were told at noon.' }] };
    expect((await stand.call('POST', `/v1/teams/${team}/attestations`, { key: bo.key, body })).status).toBe(201);
    expect(await missing()).toEqual(['engineering', 'security']);
  });

  test('is taken back by who gave it, and kept', async () => {
    const { body } = await sign(ada.key, 'engineering');
    const withdraw = (key: string) => stand.call('POST', `${path()}/${body.id}/withdraw`, { key });
    expect((await withdraw(bo.key)).status).toBe(403);
    expect((await withdraw(ada.key)).body.withdrawnAt).toBe('2026-07-01T12:00:00.000Z');
    expect((await withdraw(ada.key)).status).toBe(409);
    expect(await missing()).toEqual(['engineering', 'security']);
    expect(await list()).toMatchObject([{ id: body.id, fallenBecause: 'It was taken back.' }]);
    expect((await sign(ada.key, 'engineering')).status).toBe(201);
    await expect(stand.database.pool.query('DELETE FROM sign_off')).rejects.toThrow('only added to');
  });

  test('is given to no review that is over', async () => {
    await stand.close(team, review);
    expect((await sign(ada.key, 'engineering')).body).toMatchObject({ code: 'conflict' });
  });
});
