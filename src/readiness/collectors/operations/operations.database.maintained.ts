import type { Collector } from '../../finding.ts';
import { type DatabaseUpkeep, judgeUpkeep } from './operations.database.maintained.rules.ts';

const parents = ['event', 'delivery', 'attempt', 'seen_again', 'call', 'call_body'];
const largeRows = 10_000;

export const databaseMaintained: Collector<DatabaseUpkeep> = {
  checkId: 'operations.database.maintained',
  version: 1,
  async gather(context) {
    const today = new Date(context.nowMs).toISOString().slice(0, 10);
    const [ahead] = await context.query<{ days: number }>(
      `SELECT min(days)::integer AS days FROM (
         SELECT parent, coalesce((SELECT min(n) - 1 FROM generate_series(1, 30) n
             WHERE to_regclass(parent || '_' || to_char($2::date + n, 'YYYYMMDD')) IS NULL), 30) AS days
           FROM unnest($1::text[]) parent) p`,
      [parents, today],
    );
    // Retention is a team's own: a day goes when the longest one is over.
    const expired = await context.query<{ name: string }>(
      `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = ANY ($1::regclass[]) AND substring(c.relname FROM '_(\\d{8})$')::date
          < $2::date - 2 - coalesce((SELECT max(retention_days) FROM team WHERE deleted_at IS NULL), 0) ORDER BY 1`,
      [parents, today],
    );
    const tables = await context.query<{ name: string; bloated: boolean; unanalyzed: boolean }>(
      `SELECT relname AS name, n_dead_tup > 0.2 * (n_live_tup + n_dead_tup) AS bloated,
          coalesce(greatest(last_analyze, last_autoanalyze) < now() - interval '7 days', true)
            AND n_mod_since_analyze > 0.1 * n_live_tup AS unanalyzed
        FROM pg_stat_user_tables WHERE n_live_tup + n_dead_tup > ${largeRows} ORDER BY 1`,
    );
    const [age] = await context.query<{ percent: number }>(
      `SELECT round(100.0 * age(datfrozenxid) / 2147483648)::integer AS percent
        FROM pg_database WHERE datname = current_database()`,
    );
    const invalid = await context.query<{ name: string }>(
      `SELECT c.relname AS name FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid
        WHERE NOT x.indisvalid AND c.relnamespace = current_schema()::regnamespace ORDER BY 1`,
    );
    return {
      daysAhead: ahead?.days ?? 0,
      expiredPartitions: expired.map(({ name }) => name),
      bloated: tables.filter(({ bloated }) => bloated).map(({ name }) => name),
      unanalyzed: tables.filter(({ unanalyzed }) => unanalyzed).map(({ name }) => name),
      transactionAgePercent: age?.percent ?? 0,
      invalidIndexes: invalid.map(({ name }) => name),
    };
  },
  judge: judgeUpkeep,
};
