/**
 * The name of the role that reads on behalf of one team, in SQL: one for each user that owns a Posthorn. Roles are the
 * server's, so a name that all of them shared would let each read what the others have.
 */
export const readerOfUser = `CASE WHEN octet_length(current_user) <= 51 THEN current_user || '_team_reader'
  ELSE 'posthorn_' || md5(current_user) END`;

/** The team that a transaction reads on behalf of; null outside of one, which equals no row's. */
const teamOfTransaction = `nullif(current_setting('posthorn.team', true), '')::uuid`;

/** How a table that the reader reads is guarded; names are quoted where they have to be. */
export type GuardedTable = {
  name: string;
  /** The column that names the team; null where nothing is any team's: the leases of nodes. */
  key: string | null;
  enabled: boolean;
  /** Roles that are none of Posthorn's see what they are granted, as before. */
  open: boolean;
  /** The reader sees one team's rows alone. */
  bound: boolean;
  granted: boolean;
};

/** What the database has of it. `settable`: this user may act as the reader. */
export type RowSecurityFacts = {
  user: string;
  reader: string;
  exists: boolean;
  settable: boolean;
  schema: string;
  schemaOpen: boolean;
  tables: readonly GuardedTable[];
};

/** A table that the reader can read, and of which it sees no more than one team's rows. */
export function isGuarded({ key, enabled, open, bound, granted }: GuardedTable): boolean {
  return granted && (key === null || (enabled && open && bound));
}

/** Why row-level security is not in force, and what mends it. */
export type RowSecurityWarning = { what: string; remedy: string };

/** None when it is in force. */
export function rowSecurityWarnings(facts: RowSecurityFacts): RowSecurityWarning[] {
  const { user, reader, exists, settable, schema, schemaOpen, tables } = facts;
  const without = (why: string, remedy: string): RowSecurityWarning[] => {
    const what = `row-level security is not in force as the backstop of teams: ${why}`;
    return [{ what, remedy: `${remedy} Then restart Posthorn` }];
  };
  if (!exists) {
    const statements = `CREATE ROLE ${reader} NOLOGIN; GRANT ${reader} TO ${user};`;
    return without(`there is no role ${reader}, and ${user} may not make it`, `as a superuser: ${statements}`);
  }
  if (!settable) return without(`${user} may not act as ${reader}`, `as a superuser: GRANT ${reader} TO ${user};`);
  if (!schemaOpen) {
    const statement = `GRANT USAGE ON SCHEMA ${schema} TO ${reader};`;
    return without(`${reader} may not use the schema ${schema}`, `as its owner: ${statement}`);
  }
  const bare = tables.filter((table) => !isGuarded(table)).map(({ name }) => name);
  if (bare.length === 0) return [];
  const more = bare.length > 5 ? ` and ${bare.length - 5} more` : '';
  const why = `${user} could not guard ${bare.slice(0, 5).join(', ')}${more}`;
  return without(why, `make ${user} their owner, and end what keeps them locked.`);
}

/** The statements that guard a table, to be run in one transaction. */
export function guardStatements(table: GuardedTable, reader: string): string {
  const { name, key, enabled, open, bound, granted } = table;
  const grant = granted ? '' : `GRANT SELECT ON ${name} TO ${reader}`;
  if (key === null) return grant;
  const statements = [
    open ? '' : `CREATE POLICY everyone ON ${name} USING (true)`,
    bound ? '' : `DROP POLICY IF EXISTS ${reader} ON ${name}`,
    bound ? '' : `CREATE POLICY ${reader} ON ${name} AS RESTRICTIVE TO ${reader} USING (${key} = ${teamOfTransaction})`,
    enabled ? '' : `ALTER TABLE ${name} ENABLE ROW LEVEL SECURITY`,
    grant,
  ];
  return statements.filter((statement) => statement !== '').join('; ');
}
