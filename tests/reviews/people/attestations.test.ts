import { createHash } from 'node:crypto';
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
  team = await stand.createTeam();
  [ada, bo] = [await stand.addMember(team), await stand.addMember(team)];
  review = await stand.createReview(team);
});

const text = { kind: 'text', text: 'Read the plan of 2026-06-30 with both leads.' };
const attest = (key: string | undefined, body: object = {}) =>
  stand.call('POST', `/v1/teams/${team}/attestations`, {
    ...(key === undefined ? {} : { key }),
    body: { check: 'people.told', proofs: [text], ...body },
  });
const turn = (key: string, id: string, verb: 'confirm' | 'withdraw') =>
  stand.call('POST', `/v1/teams/${team}/attestations/${id}/${verb}`, { key });
const store = (key: string, bytes: Buffer | string, contentType: string) =>
  stand.call('POST', `/v1/teams/${team}/attestations/files`, {
    key,
    body: { name: 'plan “final”.txt', contentType, base64: Buffer.from(bytes).toString('base64') },
  });
const entries = async () => {
  const { rows } = await stand.database.pool.query<{ content: string }>(
    `SELECT content FROM audit_entry WHERE team_id <> '00000000-0000-0000-0000-000000000000' AND (action LIKE 'attest%')
      AND content LIKE $1 ORDER BY sequence`,
    [`%${team}%`],
  );
  return rows.map(({ content }) => content);
};

describe('an attestation', () => {
  test('is made by a member, counts in every review, and is on record without its words', async () => {
    const other = await stand.createReview(team, { name: 'Another' });
    expect(await stand.stateOf(team, review, 'people.told')).toMatchObject({ state: 'unknown', basis: null });
    const { status, body } = await attest(ada.key, { note: 'They all nodded.' });
    expect({ status, body }).toMatchObject({
      status: 201,
      body: {
        check: 'people.told',
        subject: { kind: 'organisation', id: 'organisation' },
        author: ada.id,
        attestedAt: '2026-07-01T12:00:00.000Z',
        expiresAt: '2026-07-02T12:00:00.000Z',
        confirmed: null,
        withdrawn: null,
      },
    });
    for (const each of [review, other]) {
      expect(await stand.stateOf(team, each, 'people.told')).toEqual({ state: 'attested', basis: body.id });
    }
    const [said = ''] = await entries();
    expect(said).toContain(ada.id);
    expect(said).toContain('proofsSha256');
    expect(said).not.toContain('Read the plan');
    expect(said).not.toContain('nodded');
    stand.time.nowMs = Date.parse('2026-07-02T12:00:00Z');
    expect((await stand.stateOf(team, review, 'people.told')).state).toBe('stale');
  });

  test('is made by nobody but members: not by the operator, a machine, a viewer or another team', async () => {
    const machine = await stand.createKey(team, ['*']);
    const viewer = await stand.addMember(team, 'viewer');
    const stranger = await stand.addMember(await stand.createTeam());
    const operator = await attest(undefined);
    expect(operator).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(operator.body.detail).toContain('operator key is nobody’s');
    expect((await attest(machine.key)).body.detail).toContain('an API key of your own');
    for (const key of [machine.key, viewer.key]) expect((await attest(key)).status).toBe(403);
    expect((await attest(stranger.key)).status).toBe(404);
    expect((await stand.stateOf(team, review, 'people.told')).state).toBe('unknown');
    expect(await entries()).toEqual([]);
  });

  test('is about a check that people attest, for a subject that is there, with something to rest on', async () => {
    const pointers = async (body: object) => {
      const answer = await attest(ada.key, body);
      expect(answer.status, answer.text).toBe(400);
      return (answer.body as { errors: { pointer: string }[] }).errors.map(({ pointer }) => pointer);
    };
    expect(await pointers({ check: 'gate.painted' })).toEqual(['/check']);
    expect(await pointers({ subject: 'con_01kajxkkj8ffkr1g8xs6a3ek0r' })).toEqual(['/subject']);
    expect(await pointers({ proofs: [{ kind: 'text', text: 'ok' }] })).toEqual(['/proofs/0']);
    expect(await pointers({ expiresAt: '2026-07-03T12:00:00Z' })).toEqual(['/expiresAt']);
    expect(await pointers({ proofs: [text, { kind: 'file', name: 'a', sha256: 'a'.repeat(64) }] })).toEqual([
      '/proofs/1',
    ]);
    expect((await attest(ada.key, { check: 'no.such' })).status).toBe(404);
    expect((await attest(ada.key, { check: 'provider.known' })).body.detail).toContain('nothing here');
    expect(await entries()).toEqual([]);
  });

  test('counts once another member confirmed it, where the check asks for that', async () => {
    const { body } = await attest(ada.key, { check: 'people.agreed' });
    expect((await stand.stateOf(team, review, 'people.agreed')).state).toBe('unknown');
    expect((await turn(ada.key, body.id, 'confirm')).body).toMatchObject({ code: 'forbidden' });
    expect((await stand.stateOf(team, review, 'people.agreed')).state).toBe('unknown');
    expect((await turn(bo.key, body.id, 'confirm')).body).toMatchObject({ confirmed: { by: bo.id } });
    expect((await stand.stateOf(team, review, 'people.agreed')).state).toBe('attested');
    expect((await turn(bo.key, body.id, 'confirm')).body).toMatchObject({ code: 'conflict' });
    expect((await turn(bo.key, 'ats_nonsense', 'confirm')).status).toBe(404);
  });

  test('that is taken back counts no more, and brings nothing older to life', async () => {
    await attest(ada.key);
    const { body } = await attest(bo.key);
    expect((await turn(ada.key, body.id, 'withdraw')).status).toBe(403);
    const admin = await stand.addMember(team, 'admin');
    expect((await turn(admin.key, body.id, 'withdraw')).body).toMatchObject({ withdrawn: { by: admin.id } });
    expect(await stand.stateOf(team, review, 'people.told')).toEqual({ state: 'unknown', basis: null });
    expect((await turn(bo.key, body.id, 'withdraw')).status).toBe(409);
    expect((await turn(bo.key, body.id, 'confirm')).status).toBe(409);
    const list = await stand.call('GET', `/v1/teams/${team}/attestations?check=people.told&limit=1`);
    expect(list.body.data).toMatchObject([{ id: body.id }]);
    const rest = await stand.call('GET', `/v1/teams/${team}/attestations?limit=1&cursor=${list.body.nextCursor}`);
    expect(rest.body).toMatchObject({ data: [{ author: ada.id }], nextCursor: null });
  });

  test('is not changed or deleted in the database either', async () => {
    const { body } = await attest(ada.key);
    const { pool } = stand.database;
    for (const [change, value] of [
      ['note', 'other'],
      ['author', null],
      ['expires_at', '2030-01-01'],
    ]) {
      await expect(pool.query(`UPDATE attestation SET ${change} = $1`, [value]), change ?? '').rejects.toThrow(
        /only added to|null value/,
      );
    }
    await turn(bo.key, body.id, 'confirm');
    await expect(
      pool.query('UPDATE attestation SET reviewed_at = now() WHERE reviewed_by IS NOT NULL'),
    ).rejects.toThrow('only added to');
    await expect(pool.query('DELETE FROM attestation')).rejects.toThrow('only added to');
  });
});

describe('a file that attestations rest on', () => {
  test('is stored under its hash, attested by it, and served as a download alone', async () => {
    const bytes = Buffer.from('The plan, as of today. ✓\n');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const stored = await store(ada.key, bytes, 'text/plain');
    expect(stored).toMatchObject({ status: 201, body: { sha256, sizeBytes: bytes.length, uploadedBy: ada.id } });
    expect((await store(bo.key, bytes, 'text/plain')).body).toEqual(stored.body);
    const proofs = [{ kind: 'file', name: 'plan.txt', sha256 }];
    expect((await attest(ada.key, { proofs })).status).toBe(201);
    const path = `/v1/teams/${team}/attestations/files/${sha256}`;
    const file = await stand.call('GET', path, { key: bo.key });
    expect(file.text).toBe(bytes.toString());
    expect(file.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
    });
    expect(file.headers['content-disposition']).toMatch(/^attachment; /);
    const stranger = await stand.addMember(await stand.createTeam());
    expect((await stand.call('GET', path, { key: stranger.key })).status).toBe(404);
    expect((await stand.call('GET', path.replace(/.$/, sha256.endsWith('0') ? '1' : '0'))).status).toBe(404);
  });

  test.each([
    ['a page that says it is a picture', '<html><script>alert(1)</script></html>', 'image/png'],
    ['a page that says it is a PDF', '<html>%PDF-1.7 %%EOF</html>', 'application/pdf'],
    ['bytes that say they are text', Buffer.from([0xff, 0xfe, 0x00]), 'text/plain'],
    ['text that says it is JSON', '{"a":', 'application/json'],
    ['a page that says so', '<html></html>', 'text/html'],
  ])('is refused when it is %s', async (_, bytes, contentType) => {
    expect((await store(ada.key, bytes, contentType)).status).toBe(400);
  });

  test.each([
    ['application/pdf', '%PDF-1.7\n1 0 obj\n%%EOF\n'],
    ['image/png', Buffer.from('89504e470d0a1a0a0000', 'hex')],
    ['image/jpeg', Buffer.from('ffd8ffe000104a464946', 'hex')],
    ['application/json', '{"a": 1}'],
    ['text/csv', 'a,b\r\n1,2\r\n'],
  ])('may be %s', async (contentType, bytes) => {
    expect((await store(ada.key, bytes, contentType)).status).toBe(201);
  });

  test('is at most 5 MiB', async () => {
    const most = Buffer.alloc(5 * 1024 * 1024, 'a');
    expect((await store(ada.key, most, 'text/plain')).status).toBe(201);
    expect((await store(ada.key, Buffer.concat([most, most.subarray(0, 1)]), 'text/plain')).status).toBe(413);
  });
});
