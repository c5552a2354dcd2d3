import type pg from 'pg';
import {
  guardStatements,
  isGuarded,
  readerOfUser,
  type RowSecurityFacts,
  type RowSecurityWarning,
  rowSecurityWarnings,
} from './row-security.rules.ts';

type Queryable = Pick<pg.Pool, 'query'>;

const mayNot = '42501';
const madeMeanwhile = '42710';
/** Roles are the server's: another database of it does the same at this moment. */
const isRace: ReadonlySet<string> = new Set(['23505', 'XX000']);
/** Somebody reads a table for long: what waits for its lock would hold up everybody behind it. */
const isLocked = '55P03';
const lockTimeoutMs = 3_000;

async function readFacts(database: Queryable): Promise<RowSecurityFacts> {
  const { rows } = await database.query<RowSecurityFacts>(
    `WITH asked AS (
        SELECT ${readerOfUser} AS reader, current_setting('server_version_num')::int >= 160000 AS knows_set),
      tables AS (
        SELECT c.oid, c.relname, c.relrowsecurity,
            CASE c.relname WHEN 'team' THEN 'id' WHEN 'node' THEN NULL ELSE 'team_id' END AS key
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND NOT c.relispartition
            AND (c.relname IN ('team', 'node') OR EXISTS (SELECT FROM pg_attribute a
              WHERE a.attrelid = c.oid AND a.attname = 'team_id' AND NOT a.attisdropped)))
      SELECT quote_ident(current_user) AS user, quote_ident(a.reader) AS reader, r.oid IS NOT NULL AS exists,
        coalesce(pg_has_role(r.oid, CASE WHEN a.knows_set THEN 'SET' ELSE 'MEMBER' END), false) AS settable,
        quote_ident(current_schema()) AS schema,
        coalesce(has_schema_privilege(r.oid, current_schema(), 'USAGE'), false) AS "schemaOpen",
        coalesce((SELECT json_agg(json_build_object('name', quote_ident(t.relname), 'key', t.key, 'enabled', t.relrowsecurity,
            'open', EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = t.oid AND p.polpermissive AND p.polcmd = '*'
              AND p.polroles = '{0}' AND pg_get_expr(p.polqual, t.oid) = 'true'),
            'bound', EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = t.oid AND NOT p.polpermissive AND p.polcmd = '*'
              AND r.oid = ANY (p.polroles) AND pg_get_expr(p.polqual, t.oid) LIKE '(' || t.key || ' = %posthorn.team%'),
            'granted', coalesce(has_table_privilege(r.oid, t.oid, 'SELECT'), false)) ORDER BY t.relname)
          FROM tables t), '[]') AS tables
      FROM asked a LEFT JOIN pg_roles r ON r.rolname = a.reader`,
  );
  const [facts] = rows;
  if (facts === undefined) throw new Error('the database answered with no row');
  return facts;
}

/**
 * Makes row-level security the backstop of teams, as far as this user may: the role that reads on behalf of one team, and
 * a policy for it on every table that has teams, whichever migration made it. What is there already is left alone; each
 * table is locked by itself, so that traffic of other nodes cannot deadlock with it. Run by one at a time in a database.
 */
export async function secureRows(client: pg.Client): Promise<void> {
  let facts = await readFacts(client);
  const { reader, user } = facts;
  if (!facts.exists) {
    await attempt(client, `CREATE ROLE ${reader} NOLOGIN`);
    facts = await readFacts(client);
  }
  if (!facts.exists) return;
  if (!facts.settable) await attempt(client, `GRANT ${reader} TO ${user}`);
  if (!facts.schemaOpen) await attempt(client, `GRANT USAGE ON SCHEMA ${facts.schema} TO ${reader}`);
  for (const table of facts.tables) {
    if (isGuarded(table)) continue;
    await attempt(client, `SET LOCAL lock_timeout = ${lockTimeoutMs}; ${guardStatements(table, reader)}`);
  }
}

/** What this user may not do is left to who may: `checkRowSecurity` says so. */
async function attempt(client: pg.Client, statements: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await client.query(statements);
      return;
    } catch (error) {
      const code = String((error as { code?: unknown }).code);
      if (code === mayNot || code === madeMeanwhile) return;
      if (code === isLocked && tries === 5) return;
      if (code !== isLocked && (!isRace.has(code) || tries === 5)) throw error;
    }
  }
}

/** Why row-level security is not in force as the backstop of teams; none when it is. */
export async function checkRowSecurity(database: Queryable): Promise<RowSecurityWarning[]> {
  return rowSecurityWarnings(await readFacts(database));
}
