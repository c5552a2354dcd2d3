import type { DrillDatabase } from '../stage.ts';

/** What is written of each request, or by the clock: not by what a request asks for. */
const kept = /^(audit_|node|migration|api_key_use)/;

/** How many rows each table has. */
export async function rowCounts(database: DrillDatabase): Promise<ReadonlyMap<string, number>> {
  const tables = await database.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1`,
  );
  const counts = tables
    .filter(({ name }) => !kept.test(name))
    .map(({ name }) => `SELECT '${name}' AS name, count(*)::int AS rows FROM "${name}"`);
  const rows = await database.query<{ name: string; rows: number }>(counts.join(' UNION ALL '));
  return new Map(rows.map(({ name, rows: count }) => [name, count]));
}

/** The tables that have another number of rows than before. */
export function changedTables(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): string[] {
  return [...after].filter(([name, count]) => before.get(name) !== count).map(([name]) => name);
}
