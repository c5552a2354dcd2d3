import { createPool, endPool } from '../../database/pool.ts';
import { readAsTeam } from '../../database/read-as-team.ts';
import type { DrillDatabase, ScratchTeam } from '../stage.ts';
import type { TableRead } from './access.teams-isolated.rules.ts';

type Counted = { name: string; own: number; others: number };

/** Where rows name the team that they are of; a team itself by its id. */
async function tablesOfTeams(database: DrillDatabase): Promise<{ name: string; key: string }[]> {
  return database.query(
    `SELECT c.relname AS name, CASE WHEN c.relname = 'team' THEN 'id' ELSE 'team_id' END AS key
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        AND (c.relname = 'team' OR EXISTS (SELECT FROM pg_attribute a
          WHERE a.attrelid = c.oid AND a.attname = 'team_id' AND NOT a.attisdropped))
      ORDER BY 1`,
  );
}

/**
 * Counts the rows of every table without a condition: as the owner of the tables, and as the gateway reads on behalf of
 * `team`, of which row-level security hides the others.
 * @param teamUuid of the team, as the database writes it
 */
export async function countRowsOfTeams(
  database: DrillDatabase,
  team: ScratchTeam,
  teamUuid: string,
): Promise<TableRead[]> {
  const tables = await tablesOfTeams(database);
  const count = tables
    .map(({ name, key }) => {
      const isOwn = `"${key}" = '${teamUuid}'`;
      return `SELECT '${name}' AS name, count(*) FILTER (WHERE ${isOwn})::int AS own,
        count(*) FILTER (WHERE NOT ${isOwn})::int AS others FROM "${name}"`;
    })
    .join(' UNION ALL ');
  const all = await database.query<Counted>(count);
  const pool = createPool({ connectionString: database.url, max: 1 }, () => undefined);
  try {
    const { bound, outside } = await readAsTeam(pool, team.id, async (reader) => {
      const ofTeam = await reader.query<Counted>(count);
      await reader.query(`SELECT set_config('posthorn.team', '', true)`);
      return { bound: ofTeam.rows, outside: (await reader.query<Counted>(count)).rows };
    });
    const of = (rows: readonly Counted[], name: string): Counted | undefined => rows.find((row) => row.name === name);
    return all.map(({ name, own, others }) => {
      const without = of(outside, name);
      return {
        name,
        own: { stored: own, seen: of(bound, name)?.own ?? 0 },
        others: { stored: others, seen: of(bound, name)?.others ?? 0 },
        seenWithoutTeam: (without?.own ?? 0) + (without?.others ?? 0),
      };
    });
  } finally {
    await endPool(pool);
  }
}

/**
 * Hides everything but the teams themselves from whoever reads on behalf of one: what is still answered was read past
 * row-level security. For a database that is thrown away.
 */
export async function hideAllRows(database: DrillDatabase): Promise<void> {
  const policies = await database.query<{ name: string; policy: string }>(
    `SELECT c.relname AS name, p.polname AS policy FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
      WHERE NOT p.polpermissive AND c.relname <> 'team'`,
  );
  for (const { name, policy } of policies) await database.query(`ALTER POLICY "${policy}" ON "${name}" USING (false)`);
}
