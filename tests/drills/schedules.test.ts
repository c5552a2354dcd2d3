import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { nextDueMs } from '../../src/drills/drill-schedule.store.ts';
import { until } from '../support/until.ts';
import { type DrillsStand, openDrillsStand } from './support/drills-stand.ts';
import { playedDrills, plays } from './support/played-drills.ts';

let stand: DrillsStand;
let team: string;
beforeAll(async () => {
  stand = await openDrillsStand({ drills: playedDrills, environment: 'development' });
});
afterAll(() => stand[Symbol.asyncDispose]());
beforeEach(async () => {
  plays.forget();
  team = await stand.api.createTeam();
});

describe('a schedule', () => {
  const put = (body: object) => stand.api.call('PUT', `/v1/teams/${team}/drills/schedules`, { body });
  const makeDue = () =>
    stand.api.database.pool.query(`UPDATE drill_schedule SET next_at = now() - interval '1 minute'`);
  const runs = async () =>
    ((await stand.api.call('GET', `/v1/teams/${team}/drills/runs?check=drill.passes`)).body as { data: object[] }).data;

  test('runs its drill when it is due, on one of the nodes, and again an interval later', async () => {
    expect((await put({ check: 'drill.passes', everyHours: 24 })).body).toMatchObject({
      everyHours: 24,
      subject: null,
    });
    expect(await runs()).toEqual([]);
    await makeDue();
    const nodes = [stand.node(), stand.node()];
    for (const { worker } of nodes) worker.start();
    await until('it to run', async () => (await runs()).length > 0);
    for (const { worker } of nodes) await worker.stop();
    expect(await runs()).toHaveLength(1);
    const { rows } = await stand.api.database.pool.query<{ actor: string }>(
      `SELECT content::jsonb #>> '{actor,kind}' AS actor FROM audit_entry
         WHERE team_id = (SELECT team_id FROM drill_schedule LIMIT 1) AND content::jsonb ->> 'action' = 'drill.started'`,
    );
    expect(rows).toEqual([{ actor: 'posthorn' }]);
    const { body } = await stand.api.call('GET', `/v1/teams/${team}/drills/schedules`);
    const [{ nextAt }] = (body as { data: { nextAt: string }[] }).data as [{ nextAt: string }];
    expect(Date.parse(nextAt)).toBeGreaterThan(Date.now() + 23.9 * 3_600_000);
    expect((await put({ check: 'drill.passes', everyHours: null })).body).toMatchObject({ everyHours: null });
    expect((await stand.api.call('GET', `/v1/teams/${team}/drills/schedules`)).body).toEqual({ data: [] });
  });

  test('is waited for no longer than it takes, and by nobody while there is none', async () => {
    const { pool } = stand.api.database;
    expect(await nextDueMs(pool)).toBeNull();
    await put({ check: 'drill.passes', everyHours: 24 });
    expect(await nextDueMs(pool)).toBeGreaterThan(23.9 * 3_600_000);
    await makeDue();
    expect(await nextDueMs(pool)).toBe(1_000);
    await put({ check: 'drill.passes', everyHours: null });
  });

  test('that was taken by a node which could not queue its run is still due', async () => {
    await put({ check: 'drill.passes', everyHours: 24 });
    const { pool } = stand.api.database;
    await pool.query(
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'the node died here'; END $$`,
    );
    await pool.query('CREATE TRIGGER refuse BEFORE INSERT ON drill_run EXECUTE FUNCTION refuse()');
    try {
      await makeDue();
      const { worker } = stand.node();
      worker.start();
      await until('it to be tried', () => stand.errors.some((error) => String(error).includes('the node died here')));
      await worker.stop();
      expect(await runs()).toEqual([]);
    } finally {
      await pool.query('DROP FUNCTION refuse CASCADE');
    }
    const { worker } = stand.node();
    worker.start();
    await until('it to run', async () => (await runs()).length > 0);
    await worker.stop();
    expect(await runs()).toHaveLength(1);
    await put({ check: 'drill.passes', everyHours: null });
  });

  test('whose last run is not over is left out this time', async () => {
    const busy = await stand.start(team, { check: 'drill.waits' });
    await until('it to play', () => plays.played.length > 0);
    await put({ check: 'drill.waits', everyHours: 24 });
    await makeDue();
    const { worker } = stand.node();
    worker.start();
    const nextMs = await until('it to be due later', async () => {
      const { body } = await stand.api.call('GET', `/v1/teams/${team}/drills/schedules`);
      const [schedule] = (body as { data: { nextAt: string }[] }).data;
      const ms = Date.parse(schedule?.nextAt ?? '');
      return ms > Date.now() ? ms : null;
    });
    expect(nextMs).toBeGreaterThan(Date.now() + 23.9 * 3_600_000);
    await worker.stop();
    plays.release();
    await stand.ended(team, busy[0]?.id ?? '');
    await put({ check: 'drill.waits', everyHours: null });
  });

  test('is refused for what has no drill', async () => {
    expect(await put({ check: 'nobody.knows', everyHours: 1 })).toMatchObject({ status: 404 });
    expect(await put({ check: 'drill.passes', everyHours: 0 })).toMatchObject({ status: 400 });
  });
});
