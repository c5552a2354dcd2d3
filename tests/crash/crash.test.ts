import { rm } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { runCrashRounds } from './rounds.ts';

const roundMs = 20_000;

describe('killed at any moment and at named points around each commit', () => {
  test(
    'Posthorn loses nothing it acknowledged, over 20 rounds on one data folder',
    async () => {
      const report = await runCrashRounds({ rounds: 20, seed: Math.floor(Math.random() * 2 ** 31) });
      expect(report.failures, `seed ${report.seed}, folder ${report.keptFolder}`).toEqual([]);
      expect(report.rounds).toHaveLength(20);
      expect(report.events).toBeGreaterThan(200);
      expect(report.answers.duplicate).toBeGreaterThan(0);
    },
    40 * roundMs,
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
    sql: 'DELETE FROM event WHERE (team_id, id) IN (SELECT team_id, id FROM event ORDER BY id DESC LIMIT 1)',
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
];

describe('the oracle', () => {
  test(
    'sees each wrong that is planted behind its back',
    async () => {
      const report = await runCrashRounds({
        rounds: 1,
        seed: 7,
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
});
