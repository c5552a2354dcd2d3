import type pg from 'pg';
import { idFromUuid, idPrefixes, uuidFromId } from '../ids/id.rules.ts';
import type { AuditContent, AuditEntry, AuditHead } from './audit-entry.ts';
import { contentText, entryOf } from './entry-hash.rules.ts';

type Queryable = Pick<pg.Pool, 'query'>;

/** `onlyFirst`: left out when its chain has an entry of this action and target. */
export type NewEntry = { content: AuditContent; onlyFirst: boolean };

/** The chain of the gateway itself: rows belong to the nil UUID. */
const gatewayUuid = '00000000-0000-0000-0000-000000000000';

export function chainUuid(team: string | null): string {
  return team === null ? gatewayUuid : uuidFromId(team);
}

function teamOfChain(uuid: string): string | null {
  return uuid === gatewayUuid ? null : idFromUuid(idPrefixes.team, uuid);
}

/**
 * Appends entries to their chains, in the caller's transaction or in one of its own. The heads of the chains stay locked
 * until it ends, so this is the last thing that a transaction does.
 * @returns how many were appended
 */
export async function appendEntries(database: Queryable, entries: readonly NewEntry[]): Promise<number> {
  const contents = entries.map(({ content }) => content);
  const { rows } = await database.query<{ added: number }>(
    `SELECT append_audit($1::uuid[], $2::uuid[], $3::double precision[], $4::text[], $5::text[], $6::text[], $7::text[],
        $8::text[], $9::text[], $10::boolean[]) AS added`,
    [
      contents.map(({ team }) => chainUuid(team)),
      contents.map(({ id }) => uuidFromId(id)),
      contents.map(({ at }) => Date.parse(at)),
      contents.map(({ actor }) => actor.id ?? actor.kind),
      contents.map(({ actor }) => actor.memberId),
      contents.map(({ action }) => action),
      contents.map(({ target }) => target?.kind ?? null),
      contents.map(({ target }) => target?.id ?? null),
      contents.map(contentText),
      entries.map(({ onlyFirst }) => onlyFirst),
    ],
  );
  return rows[0]?.added ?? 0;
}

export type EntryFilter = {
  /** An api key, a member, or a kind of actor that has no id. */
  actor?: string | undefined;
  action?: string | undefined;
  /** The id of what was acted on. */
  target?: string | undefined;
  sinceMs?: number | undefined;
  untilMs?: number | undefined;
};

type Row = { sequence: string; content: string; hash: string };
const columns = `sequence, content, encode(hash, 'hex') AS hash`;
const chosen = `($3::text IS NULL OR actor = $3 OR member_id = $3) AND ($4::text IS NULL OR action = $4)
  AND ($5::text IS NULL OR target_id = $5) AND ($6::double precision IS NULL OR at >= to_timestamp($6 / 1000))
  AND ($7::double precision IS NULL OR at < to_timestamp($7 / 1000))`;

function toEntry(row: Row): AuditEntry {
  return entryOf({ ...row, sequence: Number(row.sequence) });
}

function parameters(filter: EntryFilter): unknown[] {
  const { actor, action, target, sinceMs, untilMs } = filter;
  return [actor ?? null, action ?? null, target ?? null, sinceMs ?? null, untilMs ?? null];
}

/** Newest first; up to `limit` before the sequence number `after`. */
export async function listChainRows(
  database: Queryable,
  input: { team: string | null; filter: EntryFilter; limit: number; after: number | null },
): Promise<AuditEntry[]> {
  const { rows } = await database.query<Row>(
    `SELECT ${columns} FROM audit_entry
      WHERE team_id = $1 AND ${chosen} AND ($8::bigint IS NULL OR sequence < $8) ORDER BY sequence DESC LIMIT $2`,
    [chainUuid(input.team), input.limit, ...parameters(input.filter), input.after],
  );
  return rows.map(toEntry);
}

/** Of all chains, newest first; up to `limit` with smaller ids than `after`. */
export async function listAllRows(
  database: Queryable,
  input: { filter: EntryFilter; limit: number; after: string | null },
): Promise<AuditEntry[]> {
  const { rows } = await database.query<Row>(
    `SELECT ${columns} FROM audit_entry
      WHERE ($1::uuid IS NULL OR id < $1) AND ${chosen} ORDER BY id DESC LIMIT $2`,
    [input.after === null ? null : uuidFromId(input.after), input.limit, ...parameters(input.filter)],
  );
  return rows.map(toEntry);
}

/** The heads of all chains, or of one; by team, the gateway's first. */
export async function readHeads(database: Queryable, only?: { team: string | null }): Promise<AuditHead[]> {
  const { rows } = await database.query<{ team_id: string; sequence: string; hash: string }>(
    `SELECT team_id, sequence, encode(hash, 'hex') AS hash FROM audit_head
      WHERE ($1::uuid IS NULL OR team_id = $1) AND sequence > 0 ORDER BY team_id`,
    [only === undefined ? null : chainUuid(only.team)],
  );
  return rows.map((row) => ({ team: teamOfChain(row.team_id), sequence: Number(row.sequence), hash: row.hash }));
}

/** An entry as it is stored, with the columns that repeat parts of its content. */
export type StoredRow = {
  team: string | null;
  sequence: number;
  content: string;
  hash: string;
  columns: { id: string; at: string; actor: string; memberId: string | null; action: string } & {
    targetKind: string | null;
    targetId: string | null;
  };
};

/** A page in the order of chains and sequence numbers, behind `after`. */
export async function readChainPage(
  database: Queryable,
  page: { after: { team: string | null; sequence: number } | null; only?: { team: string | null }; limit: number },
): Promise<StoredRow[]> {
  const { after, only } = page;
  const { rows } = await database.query<{
    team_id: string;
    sequence: string;
    content: string;
    hash: string;
    id: string;
    at: Date;
    actor: string;
    member_id: string | null;
    action: string;
    target_kind: string | null;
    target_id: string | null;
  }>(
    `SELECT team_id, sequence, content, encode(hash, 'hex') AS hash, id, at, actor, member_id, action, target_kind, target_id
      FROM audit_entry WHERE ($1::uuid IS NULL OR (team_id, sequence) > ($1, $2)) AND ($3::uuid IS NULL OR team_id = $3)
      ORDER BY team_id, sequence LIMIT $4`,
    [
      after === null ? null : chainUuid(after.team),
      after?.sequence ?? null,
      only === undefined ? null : chainUuid(only.team),
      page.limit,
    ],
  );
  return rows.map((row) => ({
    team: teamOfChain(row.team_id),
    sequence: Number(row.sequence),
    content: row.content,
    hash: row.hash,
    columns: {
      id: idFromUuid(idPrefixes.auditEntry, row.id),
      at: row.at.toISOString(),
      actor: row.actor,
      memberId: row.member_id,
      action: row.action,
      targetKind: row.target_kind,
      targetId: row.target_id,
    },
  }));
}
