import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { canonicalJson, toJson } from '../../src/audit/canonical-json.rules.ts';
import { uuidFromId } from '../../src/ids/id.rules.ts';
import { until } from '../support/until.ts';
import { type DrillsStand, openDrillsStand } from './support/drills-stand.ts';
import { bearer, playedDrills, plays, secret } from './support/played-drills.ts';

let configuration = {};
let stand: DrillsStand;
let team: string;
beforeAll(async () => {
  stand = await openDrillsStand({
    drills: playedDrills,
    environment: 'development',
    configuration: () => configuration,
  });
});
afterAll(() => stand[Symbol.asyncDispose]());
beforeEach(async () => {
  plays.forget();
  team = await stand.api.createTeam();
});

async function run(check: string, more: object = {}) {
  const [first] = await stand.start(team, { check, ...more });
  return stand.ended(team, first?.id ?? '');
}
async function stateOf(check: string) {
  const { body } = await stand.api.call('GET', `/v1/teams/${team}/readiness`);
  return (body as { data: { check: string }[] }).data.find((each) => each.check === check);
}
async function told(): Promise<{ type: string; data: Record<string, unknown> }[]> {
  const { rows } = await stand.api.database.pool.query('SELECT type, data FROM operational_outbox');
  return rows as never[];
}

describe('a run', () => {
  test('that is done is evidence of its check, with what was seen and the hash of its transcript', async () => {
    const { id, evidenceId, ...done } = await run('drill.passes');
    expect(done).toMatchObject({ state: 'done', rehearsal: false, finding: { state: 'passed', seen: 'All is well.' } });
    expect(done.transcript[0]).toMatchObject({ says: 'It was done.', values: [{ name: 'tries', value: 2 }] });
    const hash = createHash('sha256')
      .update(canonicalJson(toJson(done.transcript)))
      .digest('hex');
    expect(done.transcriptHash).toBe(hash);
    expect(done.finding?.values).toContainEqual({ name: 'transcriptSha256', value: hash });
    expect(await stateOf('drill.passes')).toMatchObject({ state: 'passed', evidenceId, values: done.finding?.values });
    const { body } = await stand.api.call('GET', `/v1/teams/${team}/drills`);
    const listed = (body as { data: { check: string; subjects: object[] }[] }).data;
    expect(listed.find(({ check }) => check === 'drill.passes')?.subjects).toMatchObject([
      { id: 'gateway', state: 'passed', lastRun: { id, finding: { state: 'passed' } } },
    ]);
  });

  test('is evidence for the configuration that its subject had when it began', async () => {
    const [first] = await stand.start(team, { check: 'drill.waits' });
    await until('it to play', () => plays.played.length > 0);
    configuration = { changed: true };
    plays.release();
    expect(await stand.ended(team, first?.id ?? '')).toMatchObject({ finding: { state: 'passed' } });
    expect(await stateOf('drill.waits')).toMatchObject({ state: 'stale' });
    configuration = {};
    expect(await stateOf('drill.waits')).toMatchObject({ state: 'passed' });
  });

  test('that found a failure tells the team, and one that passed does not', async () => {
    await run('drill.passes');
    expect(await told()).toEqual([]);
    const { id, evidenceId } = await run('drill.fails');
    expect(await told()).toEqual([
      {
        type: 'posthorn.drill.failed',
        data: { runId: id, check: 'drill.fails', subject: 'gateway', seen: 'It broke.', evidenceId },
      },
    ]);
    await stand.api.database.pool.query('DELETE FROM operational_outbox');
  });

  test('that throws makes the check unknown with the reason, and without the secret in it', async () => {
    const thrown = await run('drill.throws');
    expect(thrown).toMatchObject({ state: 'done', finding: { state: 'unknown' } });
    expect(thrown.finding?.seen).toMatch(/could not be decided: the gateway refused Bearer \*\*\*$/);
    expect(await stateOf('drill.throws')).toMatchObject({ state: 'unknown' });
  });

  test('stores no secret, wherever the drill put one', async () => {
    const { id } = await run('drill.leaks');
    const { rows } = await stand.api.database.pool.query<{ text: string }>(
      `SELECT r.transcript::text || r.finding::text || e.finding::text AS text
         FROM drill_run r JOIN evidence e ON e.id = r.evidence_id WHERE r.team_id IS NOT NULL`,
    );
    const stored = rows.map(({ text }) => text).join('\n');
    expect(stored).toContain('The operator has ***.');
    for (const planted of [secret.slice(8), 'hunter22', bearer.slice(12), 'operator-of-the-stand']) {
      expect(stored).not.toContain(planted);
    }
    expect(JSON.stringify(await stand.get(team, id))).toContain('Signed with *** for http://127.0.0.1');
  });

  test('keeps its transcript within bounds, and says what was left out', async () => {
    const { transcript } = await run('drill.talks');
    expect(transcript.length).toBeLessThanOrEqual(500);
    expect(JSON.stringify(transcript).length).toBeLessThan(256 * 1024);
    expect(transcript.at(-1)?.says).toMatch(/^1\d{3} more steps had no room/);
  });

  test('that takes longer than its limit is broken off and decides nothing', async () => {
    const broken = await run('drill.never-ends');
    expect(broken).toMatchObject({ state: 'stopped', finding: null, evidenceId: null });
    expect(broken.transcript.at(-1)?.says).toMatch(/longer than the 1 s/);
    await expect(fetch(plays.ended[0] ?? '')).rejects.toThrow('fetch failed');
    expect(await stateOf('drill.never-ends')).toMatchObject({ state: 'unknown', because: 'It was never measured.' });
  });

  test('is stopped on request, whether it waits or plays, once', async () => {
    const [playing] = await stand.start(team, { check: 'drill.waits' });
    await until('it to play', () => plays.played.length > 0);
    const [waiting] = await stand.start(team, { check: 'drill.passes' });
    const stop = (id = '') => stand.api.call('POST', `/v1/teams/${team}/drills/runs/${id}/stop`);
    expect((await stop(waiting?.id)).body).toMatchObject({ state: 'stopped' });
    expect((await stop(playing?.id)).status).toBe(200);
    expect(await stand.ended(team, playing?.id ?? '')).toMatchObject({ state: 'stopped', evidenceId: null });
    expect(await stop(playing?.id)).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect(plays.played).toEqual(['waits']);
    const other = await stand.api.createTeam();
    const foreign = await stand.api.call('POST', `/v1/teams/${other}/drills/runs/${playing?.id}/stop`);
    expect(foreign.status).toBe(404);
  });

  test('in a rehearsal is no evidence', async () => {
    expect(await run('drill.fails', { pace: 0.5 })).toMatchObject({ rehearsal: true, evidenceId: null });
    expect(await stateOf('drill.fails')).toMatchObject({ evidenceId: expect.anything() });
    expect(await told()).toEqual([]);
  });

  test('waits for its turn: teams take turns, however much one of them asked for', async () => {
    const busy = await stand.start(team, { check: 'drill.waits' });
    await until('it to play', () => plays.played.length > 0);
    const endpoints = ['a', 'b', 'c'].map((name) => ({ url: `https://${name}.example.com/`, eventTypes: ['*'] }));
    for (const body of endpoints) await stand.api.call('POST', `/v1/teams/${team}/endpoints`, { body });
    const many = await stand.start(team, { check: 'endpoint.touched' });
    const other = await stand.api.createTeam();
    const [one] = await stand.start(other, { check: 'drill.passes' });
    expect(many).toHaveLength(3);
    plays.release();
    await stand.ended(team, busy[0]?.id ?? '');
    for (const { id } of many) await stand.ended(team, id);
    await stand.ended(other, one?.id ?? '');
    const { rows } = await stand.api.database.pool.query<{ check_id: string }>(
      `SELECT check_id FROM drill_run WHERE started_at IS NOT NULL ORDER BY started_at DESC LIMIT 4`,
    );
    expect(rows.map(({ check_id }) => check_id)).toEqual([
      'endpoint.touched',
      'endpoint.touched',
      'endpoint.touched',
      'drill.passes',
    ]);
  });
});

describe('a run is refused', () => {
  const ask = (body: object) => stand.api.call('POST', `/v1/teams/${team}/drills/runs`, { body });

  test('for what has no drill, no check and no subject', async () => {
    expect(await ask({ check: 'nobody.knows' })).toMatchObject({ status: 404 });
    expect(await ask({ check: 'endpoint.touched' })).toMatchObject({ status: 404 });
    expect(await ask({ check: 'drill.passes', subject: 'ep_01kajxkkj8ffkr1g8xs6a3ek0r' })).toMatchObject({
      status: 404,
    });
  });

  test('while the same waits or plays', async () => {
    await stand.start(team, { check: 'drill.waits' });
    const again = await ask({ check: 'drill.waits' });
    expect(again).toMatchObject({ status: 409, body: { code: 'conflict', detail: expect.stringMatching(/drl_/) } });
    await until('it to play', () => plays.played.length > 0);
    plays.release();
  });

  test('without the permission', async () => {
    const { key } = await stand.api.createKey(team, ['reviews:read']);
    const options = { key, body: { check: 'drill.passes' } };
    expect(await stand.api.call('POST', `/v1/teams/${team}/drills/runs`, options)).toMatchObject({ status: 403 });
    expect(await stand.api.call('GET', `/v1/teams/${team}/drills/runs`, { key })).toMatchObject({ status: 200 });
  });

  test('by the route that measures, which says where to go', async () => {
    const refused = await stand.api.call('POST', `/v1/teams/${team}/readiness/drill.passes/run`);
    expect(refused).toMatchObject({ status: 422, body: { code: 'check_not_decidable' } });
    const where = `/v1/teams/${team}/drills/runs`;
    expect(refused.body.detail).toContain(`POST ${where}`);
    expect(await stateOf('drill.passes')).toMatchObject({ runAgain: where });
  });
});

test('what a node that died was playing is interrupted at the next start, and what another plays is not', async () => {
  const [first] = await stand.start(team, { check: 'drill.waits' });
  await until('it to play', () => plays.played.length > 0);
  const { pool } = stand.api.database;
  const dead = 'drl_01kajxkkj8ffkr1g8xs6a3ek0r';
  await pool.query(
    `INSERT INTO drill_run (team_id, id, check_id, subject_kind, subject_id, version, pace, state, node, lease_until)
       SELECT team_id, $1, 'drill.passes', 'gateway', 'gateway', 1, 1, 'running',
         gen_random_uuid(), now() - interval '1 second' FROM drill_run WHERE check_id = 'drill.waits' AND state = 'running'`,
    [uuidFromId(dead)],
  );
  expect((await stand.get(team, dead)).state).toBe('running');
  const next = stand.node();
  next.worker.start();
  expect(await stand.ended(team, dead)).toMatchObject({ state: 'interrupted', finding: null });
  expect((await stand.get(team, first?.id ?? '')).state).toBe('running');
  await next.worker.stop();
  plays.release();
  await stand.ended(team, first?.id ?? '');
});

test('a node that has the database to itself interrupts at its start whatever its last life was playing', async () => {
  await using own = await openDrillsStand({ drills: playedDrills, environment: 'development' });
  const at = await own.api.createTeam();
  await own.stopNodes();
  const left = 'drl_01kajxkkj8ffkr1g8xs6a3ek0r';
  await own.api.database.pool.query(
    `INSERT INTO drill_run (team_id, id, check_id, subject_kind, subject_id, version, pace, state, node, lease_until)
       SELECT id, $1, 'drill.passes', 'gateway', 'gateway', 1, 1, 'running', gen_random_uuid(), now() + interval '1 hour'
         FROM team`,
    [uuidFromId(left)],
  );
  own.node(true).worker.start();
  expect(await own.ended(at, left)).toMatchObject({ state: 'interrupted', evidenceId: null });
});

test('a node that dies as its run ends leaves no evidence of a run that is not done', async () => {
  await using own = await openDrillsStand({ drills: playedDrills, environment: 'development' });
  const at = await own.api.createTeam();
  const { pool } = own.api.database;
  await pool.query(
    `CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'the node died here'; END $$`,
  );
  await pool.query(
    `CREATE TRIGGER die BEFORE UPDATE ON drill_run FOR EACH ROW WHEN (new.state = 'done') EXECUTE FUNCTION die()`,
  );
  await own.start(at, { check: 'drill.fails' });
  await until('it to end', () => own.errors.some((error) => String(error).includes('the node died here')));
  const { rows } = await pool.query('SELECT FROM evidence UNION ALL SELECT FROM operational_outbox');
  expect(rows).toEqual([]);
  await pool.query('DROP FUNCTION die CASCADE');
  await own.stopNodes();
  own.node(true).worker.start();
  const listed = await own.api.call('GET', `/v1/teams/${at}/drills/runs`);
  const [left] = (listed.body as { data: { id: string }[] }).data;
  expect(await own.ended(at, left?.id ?? '')).toMatchObject({ state: 'interrupted', evidenceId: null });
});

test('a node that is stopped interrupts what it plays', async () => {
  await using own = await openDrillsStand({ drills: playedDrills, environment: 'development' });
  const at = await own.api.createTeam();
  const [first] = await own.start(at, { check: 'drill.waits' });
  await until('it to play', () => plays.played.length > 0);
  await own.stopNodes();
  const stopped = await own.get(at, first?.id ?? '');
  expect(stopped).toMatchObject({ state: 'interrupted', finding: null, evidenceId: null });
  expect(stopped.transcript.at(-1)?.says).toBe('The gateway was stopped.');
});

describe('in production', () => {
  let production: DrillsStand;
  beforeAll(async () => {
    production = await openDrillsStand({ drills: playedDrills, environment: 'production' });
  });
  afterAll(() => production[Symbol.asyncDispose]());

  test('what acts on the integration is refused, and listed as such; what does not is played', async () => {
    const at = await production.api.createTeam();
    await production.api.call('POST', `/v1/teams/${at}/endpoints`, {
      body: { url: 'https://a.example.com/', eventTypes: ['*'] },
    });
    const path = `/v1/teams/${at}/drills`;
    const body = { check: 'endpoint.touched' };
    for (const [method, place] of [
      ['POST', 'runs'],
      ['PUT', 'schedules'],
    ] as const) {
      const more = place === 'runs' ? {} : { everyHours: 24 };
      const refused = await production.api.call(method, `${path}/${place}`, { body: { ...body, ...more } });
      expect(refused).toMatchObject({ status: 422, body: { code: 'drill_not_safe' } });
      expect(refused.body.detail).toMatch(/staging/);
    }
    const { data } = (await production.api.call('GET', path)).body as { data: { check: string; refused: boolean }[] };
    expect(data.filter(({ refused }) => refused).map(({ check }) => check)).toEqual(['endpoint.touched']);
    const [first] = await production.start(at, { check: 'drill.passes' });
    expect(await production.ended(at, first?.id ?? '')).toMatchObject({ finding: { state: 'passed' } });
  });

  test('what loads the machine is played for whoever confirms just that, and by no schedule', async () => {
    const at = await production.api.createTeam();
    const path = `/v1/teams/${at}/drills`;
    const body = { check: 'drill.loads' };
    const refused = [
      await production.api.call('POST', `${path}/runs`, { body }),
      await production.api.call('PUT', `${path}/schedules`, { body: { ...body, everyHours: 24 } }),
    ];
    for (const each of refused) expect(each).toMatchObject({ status: 422, body: { code: 'drill_not_safe' } });
    expect(refused[0]?.body.detail).toContain('posthorn drill run drill.loads --confirm');
    const confirmed = await production.api.call('POST', `${path}/runs`, { body: { ...body, confirm: true } });
    expect(confirmed.status).toBe(202);
    const [run] = (confirmed.body as { data: { id: string }[] }).data;
    expect(await production.ended(at, run?.id ?? '')).toMatchObject({ finding: { state: 'passed' } });
  });

  test('there are no rehearsals', async () => {
    const at = await production.api.createTeam();
    const body = { check: 'drill.passes', pace: 0.5 };
    const refused = await production.api.call('POST', `/v1/teams/${at}/drills/runs`, { body });
    expect(refused).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  });
});
