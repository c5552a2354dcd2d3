import { type DurabilitySettings, durabilityWarnings } from './durability-settings.rules.ts';

/** Anything that runs one statement on the server to be judged: a pool's or a client's `query`. */
type Query = (sql: string) => Promise<{ rows: { name: string; setting: string }[] }>;

/** Reads the effective settings of this session from any PostgreSQL; returns warnings, none when commits are durable. */
export async function checkDurabilitySettings(query: Query): Promise<string[]> {
  const { rows } = await query(
    `select name, setting from pg_settings
      where name in ('fsync', 'full_page_writes', 'synchronous_commit', 'synchronous_standby_names')`,
  );
  const read = (name: keyof DurabilitySettings) => rows.find((row) => row.name === name)?.setting ?? '';
  return durabilityWarnings({
    fsync: read('fsync'),
    full_page_writes: read('full_page_writes'),
    synchronous_commit: read('synchronous_commit'),
    synchronous_standby_names: read('synchronous_standby_names'),
  });
}
