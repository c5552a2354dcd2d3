import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { KillPlan } from './kill-plan.ts';
import { runCrashRounds } from './rounds.ts';
import { readSpoolLeft } from './spool-left.ts';

const roundMs = 20_000;

describe('killed at any moment and at named points around each commit', () => {
  test(
    'Posthorn loses nothing it acknowledged, over twenty rounds of many kinds on one data folder',
    async () => {
      const report = await runCrashRounds({ rounds: 20, seed: Math.floor(Math.random() * 2 ** 31) });
      expect(report.failures, `seed ${report.seed}, folder ${report.keptFolder}`).toEqual([]);
      expect(report.rounds).toHaveLength(20);
      expect(report.events).toBeGreaterThan(100);
      expect(report.answers.duplicate).toBeGreaterThan(0);
      expect(report.inbound.first).toBeGreaterThan(100);
      expect(report.inbound.repeated).toBeGreaterThan(0);
      expect(report.inbound.seenAgain).toBeGreaterThan(0);
    },
    24 * roundMs,
  );
});

/** A wrong that a test plants in the last round, and what the oracle has to say of it. */
const plants = [
  {
    what: 'a delivery that is gone',
    sql: 'DELETE FROM delivery WHERE (team_id, id) IN (SELECT team_id, id FROM delivery ORDER BY id DESC LIMIT 1)',
    said: /another number of deliveries/,
  },
  {
    what: 'an event that is gone',
    sql: `DELETE FROM event WHERE (team_id, id) IN (SELECT team_id, id FROM event
      WHERE source_id IS NULL AND type NOT LIKE 'posthorn.%' ORDER BY id LIMIT 1)`,
    said: /acknowledged events are lost|not in the database/,
  },
  {
    what: 'a delivery that a dead node owns',
    sql: `UPDATE delivery SET state = 0, owner = 1000000 WHERE (team_id, id) IN
      (SELECT team_id, id FROM delivery WHERE state = 1 ORDER BY id DESC LIMIT 1)`,
    said: /owned by a dead epoch/,
  },
  {
    what: 'a success that nobody received',
    sql: `UPDATE delivery d SET state = 1, attempts = 1 FROM endpoint p WHERE p.id = d.endpoint_id AND p.url LIKE '%held'
      AND d.state = 0 AND d.owner IS NULL`,
    said: /never received/,
  },
  {
    what: 'an event of a source that is gone',
    sql: `DELETE FROM event WHERE (team_id, id) IN (SELECT team_id, id FROM event WHERE type = 'DOCUMENT_OPENED' ORDER BY id LIMIT 1)`,
    said: /answered 2xx and are lost/,
  },
  {
    what: 'a notification that is two events',
    sql: `CREATE TEMP TABLE copy AS SELECT * FROM event WHERE type = 'document.received' ORDER BY id LIMIT 1;
      UPDATE copy SET id = (left(id::text, 24) || 'ffffffffffff')::uuid;
      INSERT INTO event SELECT * FROM copy`,
    said: /became more than one event/,
  },
  {
    what: 'two events of a subject that changed places',
    sql: `WITH two AS (
        SELECT team_id, id, body, row_number() OVER (ORDER BY id) AS place FROM event WHERE (source_id, ordering_key) IN
          (SELECT source_id, ordering_key FROM event WHERE type = 'transaction.created' GROUP BY 1, 2 HAVING count(*) > 2
            LIMIT 1) ORDER BY id LIMIT 2)
      UPDATE event e SET body = other.body FROM two one JOIN two other ON other.place <> one.place
        WHERE e.team_id = one.team_id AND e.id = one.id`,
    said: /not in the order they were sent in/,
  },
  {
    what: 'a body that is another',
    sql: `UPDATE event SET body = convert_to(replace(convert_from(body, 'UTF8'), '"org-1"', '"org-2"'), 'UTF8')
      WHERE (team_id, id) IN (SELECT team_id, id FROM event WHERE type = 'transaction.delivered' ORDER BY id LIMIT 1)`,
    said: /another body than was sent/,
  },
  {
    what: 'a duplicate that never came',
    sql: `INSERT INTO seen_again (team_id, event_id, count, last_at, last_write)
      SELECT team_id, id, 1000, now(), gen_random_uuid() FROM event WHERE type = 'DOCUMENT_SIGNED' ORDER BY id LIMIT 1
      ON CONFLICT (team_id, event_id) DO UPDATE SET count = 1000`,
    said: /seen again more often/,
  },
];
/** Long enough for every kind of row that a wrong is planted in. */
const moment: KillPlan = {
  kind: 'moment',
  target: 'posthorn',
  afterMs: 2_000,
  apartMs: 0,
  burst: true,
  name: 'posthorn',
};

describe('the oracle', () => {
  test(
    'sees each wrong that is planted behind its back',
    async () => {
      const report = await runCrashRounds({
        rounds: 1,
        seed: 7,
        plans: () => moment,
        sabotage: async (database) => {
          for (const { sql } of plants) await database.query(sql);
        },
      });
      await rm(report.keptFolder ?? '', { recursive: true, force: true });
      expect(report.failures[0]).toMatch(/^round 1,/);
      for (const { what, said } of plants) expect(report.failures.join('\n'), what).toMatch(said);
    },
    4 * roundMs,
  );

  test(
    'sees that a spool was lost',
    async () => {
      // How much is in the spool at the moment of the kill is chance: a round in which it is next to nothing shows nothing.
      for (let tries = 1; tries <= 5; tries += 1) {
        const left: number[] = [];
        const report = await runCrashRounds({
          rounds: 1,
          seed: 7 + tries,
          plans: () => ({ kind: 'spooling', outage: 'killed', afterMs: 200, name: 'posthorn' }),
          sabotageFolder: async (dataFolder) => {
            left.push((await readSpoolLeft(dataFolder)).size);
            await rm(join(dataFolder, 'spool'), { recursive: true });
          },
        });
        await rm(report.keptFolder ?? '', { recursive: true, force: true });
        if ((left[0] ?? 0) < 5) continue;
        expect(report.failures.join('\n')).toMatch(/answered 2xx and are lost/);
        return;
      }
      expect.fail('five rounds left nothing in the spool');
    },
    10 * roundMs,
  );
});
