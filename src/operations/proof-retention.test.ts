import { afterEach, beforeEach, expect, test } from 'vitest';
import { createHistory, type History } from '../../tests/support/history.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/support/test-database.ts';
import { uuidFromId } from '../ids/id.rules.ts';
import { removeOldProofs } from './proof-retention.ts';

let database: TestDatabase;
let history: History;
const daysAgo = (days: number): number => Date.now() - days * 86_400_000;
const nil = '00000000-0000-0000-0000-000000000000';

beforeEach(async () => {
  database = await createTestDatabase();
  history = await createHistory(database.pool);
});
afterEach(() => database.drop());

type Proven = { check: string; subject?: string; days: number; gateway?: true };

async function evidence({ check, subject = 'team_x', days, gateway }: Proven): Promise<string> {
  const id = history.id('evd', daysAgo(days));
  await database.pool.query(
    `INSERT INTO evidence (team_id, id, check_id, subject_kind, subject_id, finding, measured_at, expires_at,
        collector_version, release, environment, configuration_digest, hash)
      VALUES ($1, $2, $3, 'team', $4, '{}', now(), now(), 1, '0', 'production', '', $5)`,
    [gateway ? nil : uuidFromId(history.teamId), uuidFromId(id), check, subject, '0'.repeat(64)],
  );
  return id;
}

async function run({ check, subject = 'team_x', days, gateway, ...of }: Proven & { state?: string; of?: string }) {
  const id = history.id('drl', daysAgo(days));
  await database.pool.query(
    `INSERT INTO drill_run (team_id, id, check_id, subject_kind, subject_id, version, pace, state, evidence_id, ended_at)
      VALUES ($1, $2, $3, $4, $5, 1, 1, $6, $7, to_timestamp($8::double precision / 1000))`,
    [
      uuidFromId(history.teamId),
      uuidFromId(id),
      check,
      gateway ? 'gateway' : 'team',
      subject,
      of.state ?? 'done',
      of.of === undefined ? null : uuidFromId(of.of),
      daysAgo(days),
    ],
  );
  return id;
}

async function left(table: 'evidence' | 'drill_run'): Promise<string[]> {
  const { rows } = await database.pool.query<{ id: string }>(`SELECT id FROM ${table} ORDER BY id`);
  return rows.map(({ id }) => id);
}
const uuids = (...ids: string[]): string[] => ids.map(uuidFromId).toSorted();
const clean = () => removeOldProofs(database.pool, () => false);

test('runs of drills go after 90 days, but for the newest of each check and subject', async () => {
  await run({ check: 'a', days: 200 });
  const kept = [
    await run({ check: 'a', days: 100 }),
    await run({ check: 'a', subject: 'team_y', days: 100 }),
    await run({ check: 'b', days: 300 }),
  ];
  expect(await clean()).toMatchObject({ drillRuns: 1, evidence: 0 });
  expect(await left('drill_run')).toEqual(uuids(...kept));
  const young = await run({ check: 'a', days: 80 });
  const now = await run({ check: 'a', days: 1 });
  expect(await clean()).toMatchObject({ drillRuns: 1, evidence: 0 });
  expect(await left('drill_run')).toEqual(uuids(...kept.slice(1), young, now));
});

test('the newest that was played to its end is kept beside one that was broken off later', async () => {
  const whole = await run({ check: 'a', days: 200 });
  await run({ check: 'a', days: 150, state: 'interrupted' });
  const last = await run({ check: 'a', days: 120, state: 'stopped' });
  expect(await clean()).toMatchObject({ drillRuns: 1 });
  expect(await left('drill_run')).toEqual(uuids(whole, last));
});

test('the run that standing evidence came of is kept, the gateway’s too, until there is newer evidence', async () => {
  const old = await evidence({ check: 'a', days: 200 });
  await run({ check: 'a', days: 200, of: old });
  const shared = await evidence({ check: 'g', subject: 'gateway', days: 200, gateway: true });
  await run({ check: 'g', subject: 'gateway', days: 200, gateway: true, of: shared });
  const newer = [await run({ check: 'a', days: 1 }), await run({ check: 'g', subject: 'gateway', days: 1 })];
  expect(await clean()).toMatchObject({ drillRuns: 0 });
  await evidence({ check: 'a', days: 1 });
  await evidence({ check: 'g', subject: 'gateway', days: 1, gateway: true });
  expect(await clean()).toMatchObject({ drillRuns: 2 });
  expect(await left('drill_run')).toEqual(uuids(...newer));
});

test('deployments and verifications go after 400 days, but for the newest deployment of each environment', async () => {
  const deployed = async (environment: string, days: number): Promise<string> => {
    const id = uuidFromId(history.id('dpl', daysAgo(days)));
    await database.pool.query(
      `INSERT INTO deployment (team_id, id, release, environment, started_at, recorded_by, recorded_at)
        VALUES ($1, $2, '1', $3, now(), 'operator', now())`,
      [uuidFromId(history.teamId), id, environment],
    );
    return id;
  };
  const verified = async (days: number): Promise<string> => {
    const id = uuidFromId(history.id('vfy', daysAgo(days)));
    await database.pool.query(
      `INSERT INTO verification (team_id, id, release, environment, exit_code, took_ms, lines, lines_left_out, recorded_by,
          recorded_at) VALUES ($1, $2, '1', 'production', 0, 1, '[]', 0, 'operator', now())`,
      [uuidFromId(history.teamId), id],
    );
    return id;
  };
  await deployed('production', 500);
  await verified(500);
  const kept = [await deployed('staging', 600), await deployed('production', 450), await verified(399)];
  expect(await clean()).toEqual({ drillRuns: 0, evidence: 0, deployments: 2 });
  const { rows } = await database.pool.query<{ id: string }>(
    'SELECT id FROM deployment UNION ALL SELECT id FROM verification',
  );
  expect(rows.map(({ id }) => id).toSorted()).toEqual(kept.toSorted());
});

test('evidence goes after 400 days, but for the newest, and what a snapshot of a review names', async () => {
  await evidence({ check: 'a', days: 600 });
  await evidence({ check: 'g', days: 600, gateway: true });
  const named = await evidence({ check: 'a', days: 500 });
  const namedOfGateway = await evidence({ check: 'g', days: 500, gateway: true });
  const kept = [
    named,
    namedOfGateway,
    await evidence({ check: 'a', days: 399 }),
    await evidence({ check: 'a', days: 1 }),
    await evidence({ check: 'g', days: 1, gateway: true }),
    await evidence({ check: 'b', days: 900 }),
  ];
  await database.pool.query(
    `INSERT INTO review_snapshot (team_id, review_id, id, taken_at, confirmed_at, taken_by, evidence_hash, passed,
        evidence_set, evidence_ids) VALUES ($1, gen_random_uuid(), gen_random_uuid(), now(), now(), 'posthorn', '', true, '{}', $2)`,
    [uuidFromId(history.teamId), JSON.stringify({ 'a team_x': named, 'g gateway': namedOfGateway })],
  );
  expect(await clean()).toMatchObject({ drillRuns: 0, evidence: 2 });
  expect(await left('evidence')).toEqual(uuids(...kept));
  await database.pool.query('DELETE FROM review_snapshot');
  expect(await clean()).toMatchObject({ drillRuns: 0, evidence: 2 });
});
