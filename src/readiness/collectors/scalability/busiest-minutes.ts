import type { CollectorContext } from '../../finding.ts';
import type { BusiestMinutes } from './busiest-minutes.rules.ts';

const days = 30;
/** More of a day than this is not read: of a larger one a sample of its pages is counted. */
const readBytes = 64 * 1024 * 1024;
const windowSeconds = 300;
const tables = { event: 'accepting', attempt: 'delivering', call: 'calling' } as const;
const times = { event: 'uuid_time(id)', attempt: 'started_at', call: 'uuid_time(id)' } as const;
type Table = keyof typeof tables;

/** The busiest five minutes of the day that takes most room, of each: days are partitions, so that others are not read. */
export async function busiestMinutes(context: CollectorContext): Promise<BusiestMinutes> {
  const partitions = await context.query<{ parent: Table; name: string; size: number }>(
    `SELECT DISTINCT ON (p.relname) p.relname AS parent, c.relname AS name, pg_relation_size(c.oid)::float8 AS size
      FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
      WHERE p.relnamespace = current_schema()::regnamespace AND p.relname = ANY ($1)
        AND right(c.relname, 8) >= to_char(now() - make_interval(days => ${days}), 'YYYYMMDD')
      ORDER BY p.relname, pg_relation_size(c.oid) DESC`,
    [Object.keys(tables)],
  );
  const peak: BusiestMinutes = { accepting: 0, delivering: 0, calling: 0 };
  for (const { parent, name, size } of partitions) {
    if (size === 0 || !/^[a-z]+_\d{8}$/.test(name)) continue;
    const percent = Math.min(100, (100 * readBytes) / size);
    const [row] = await context.query<{ most: number | null }>(
      `SELECT max(counted)::float8 AS most FROM (SELECT count(*) AS counted FROM ${name} TABLESAMPLE SYSTEM (${percent})
        GROUP BY floor(extract(epoch FROM ${times[parent]}) / ${windowSeconds})) w`,
    );
    peak[tables[parent]] = ((row?.most ?? 0) / windowSeconds) * (100 / percent);
  }
  return peak;
}
