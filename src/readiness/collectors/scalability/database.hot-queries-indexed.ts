import type { Collector } from '../../finding.ts';
import { type HotQueries, judgeHotQueries } from './database.hot-queries-indexed.rules.ts';

/** What claims, lists, look-ups and the ledger live by. Those of partitioned tables are looked at in every partition. */
const indexes = [
  'delivery_queue_pkey',
  'delivery_queue_ready',
  'delivery_queue_ordered',
  'delivery_queue_claimed',
  'delivery_pkey',
  'delivery_of_endpoint',
  'delivery_exceptional',
  'event_pkey',
  'event_of_source',
  'attempt_pkey',
  'idempotency_pkey',
  'idempotency_end',
  'call_pkey',
  'call_of_connection',
  'call_running',
  'api_key_hash',
  'source_by_id',
  'connection_by_id',
  'archive_job_due',
  'evidence_newest',
];

const anyId = `'01980000-0000-7000-8000-000000000000'::uuid`;
/** Read only, as the engine and the API ask them. */
const queries: Readonly<Record<string, string>> = {
  'due deliveries': `SELECT delivery_id FROM delivery_queue WHERE endpoint_id = ${anyId} AND due_at <= now()
    AND claimed_by IS NULL AND NOT blocked ORDER BY due_at LIMIT 100`,
  'deliveries of an endpoint': `SELECT id FROM delivery WHERE team_id = ${anyId} AND endpoint_id = ${anyId} ORDER BY id DESC LIMIT 50`,
  'dead letters': `SELECT id FROM delivery WHERE team_id = ${anyId} AND exceptional = 2 ORDER BY id DESC LIMIT 50`,
  'an event': `SELECT type FROM event WHERE team_id = ${anyId} AND id = ${anyId}`,
  'an idempotency key': `SELECT event_id FROM idempotency WHERE team_id = ${anyId} AND scope = ${anyId} AND key = 'k'`,
  'calls of a connection': `SELECT id FROM call WHERE connection_id = ${anyId} ORDER BY id DESC LIMIT 50`,
};
const largeRows = 10_000;
const repeats = 5;

type Explained = { 'QUERY PLAN': { Plan: Plan; 'Execution Time': number }[] };
type Plan = { 'Node Type': string; 'Relation Name'?: string; Plans?: Plan[] };

export const hotQueriesIndexed: Collector<HotQueries> = {
  checkId: 'database.hot-queries-indexed',
  version: 1,
  async gather(context) {
    const found = await context.query<{ name: string; valid: boolean }>(
      `SELECT c.relname AS name, x.indisvalid AND x.indisready AND NOT EXISTS (
          SELECT FROM pg_inherits p WHERE p.inhparent = x.indrelid AND NOT EXISTS (
            SELECT FROM pg_inherits o JOIN pg_index y ON y.indexrelid = o.inhrelid
              WHERE o.inhparent = x.indexrelid AND y.indrelid = p.inhrelid AND y.indisvalid)) AS valid
        FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = ANY ($1)`,
      [indexes],
    );
    const valid = new Set(found.filter((each) => each.valid).map(({ name }) => name));
    const large = await context.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND reltuples > ${largeRows}
        AND relnamespace = current_schema()::regnamespace`,
    );
    const largeNames = new Set(large.map(({ name }) => name));
    const measured: HotQueries['queries'][number][] = [];
    for (const [name, text] of Object.entries(queries)) {
      const times: number[] = [];
      let plan: Plan | undefined;
      for (let index = 0; index < repeats; index += 1) {
        const [explained] = await context.query<Explained>(`EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ${text}`);
        const [root] = explained?.['QUERY PLAN'] ?? [];
        plan ??= root?.Plan;
        times.push(root?.['Execution Time'] ?? 0);
      }
      const scans = [...sequentialScans(plan)].filter((table) => largeNames.has(table));
      // The middle one: a server that was busy for a moment says nothing of the query.
      const medianMs = times.toSorted((one, other) => one - other)[Math.floor(repeats / 2)] ?? 0;
      measured.push({ name, sequentialScans: scans, medianMs });
    }
    return { missing: indexes.filter((name) => !valid.has(name)), indexes: indexes.length, queries: measured };
  },
  judge: judgeHotQueries,
};

function* sequentialScans(plan: Plan | undefined): Iterable<string> {
  if (plan === undefined) return;
  const table = plan['Relation Name'];
  if (plan['Node Type'] === 'Seq Scan' && table !== undefined) yield table;
  for (const child of plan.Plans ?? []) yield* sequentialScans(child);
}
