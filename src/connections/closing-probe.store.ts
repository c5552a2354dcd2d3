import type pg from 'pg';
import { idFromUuid, idPrefixes, uuidFromId } from '../ids/id.rules.ts';
import type { ApiEnvironment, CredentialKind } from '../providers/api-profile.ts';
import type { Options } from '../providers/provider-profile.ts';
import type { ClosingProbe } from './closing-probe.ts';
import type { NotProbed, ProbeAnswer, ProbeDecision } from './closing-probe.rules.ts';

type Queryable = Pick<pg.Pool, 'query'>;

/** A probe as whoever works on it has it. `sealed` is bound to the id, as in the connection. */
export type ClaimedProbe = {
  teamId: string;
  connectionId: string;
  id: string;
  claims: number;
  provider: string;
  name: string;
  kind: CredentialKind;
  environment: ApiEnvironment;
  baseUrl: string | null;
  options: Options;
  sealed: Buffer;
  replacedAtMs: number;
  failures: number;
  wasAccepted: boolean;
};

type ClaimedRow = {
  team_id: string;
  connection_id: string;
  id: string;
  claims: number;
  provider: string;
  name: string;
  kind: CredentialKind;
  environment: ApiEnvironment;
  base_url: string | null;
  options: Options;
  sealed: Buffer;
  replaced_at: Date;
  failures: number;
  accepted_at: Date | null;
};

/**
 * Takes a probe that nobody works on, and keeps others off it for `leaseMs`: one that is due, or one that is named.
 * Null: there is none.
 */
export async function claimProbe(
  database: Queryable,
  named: { teamId: string; connectionId: string; id: string } | null,
  { nowMs, leaseMs }: { nowMs: number; leaseMs: number },
): Promise<ClaimedProbe | null> {
  const which = named === null ? 'due_at <= to_timestamp($1::double precision / 1000)' : keyFrom(3);
  const { rows } = await database.query<ClaimedRow>(
    `WITH d AS MATERIALIZED (SELECT team_id, connection_id, id FROM closing_probe
        WHERE state = 'outstanding' AND ${which}
          AND (worked_until IS NULL OR worked_until <= to_timestamp($1::double precision / 1000))
        ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
     UPDATE closing_probe p SET worked_until = to_timestamp($2::double precision / 1000), claims = p.claims + 1
       FROM d JOIN connection c ON c.team_id = d.team_id AND c.id = d.connection_id
       WHERE p.team_id = d.team_id AND p.connection_id = d.connection_id AND p.id = d.id
       RETURNING p.*, c.provider`,
    [nowMs, nowMs + leaseMs, ...(named === null ? [] : keyOf(named))],
  );
  const row = rows[0];
  if (row === undefined) return null;
  return {
    ...row,
    teamId: idFromUuid(idPrefixes.team, row.team_id),
    connectionId: idFromUuid(idPrefixes.connection, row.connection_id),
    id: idFromUuid(idPrefixes.connectionCredential, row.id),
    baseUrl: row.base_url,
    replacedAtMs: row.replaced_at.getTime(),
    wasAccepted: row.accepted_at !== null,
  };
}

/** Writes down what a read told; when that closes the probe, the value is destroyed. Nothing, when another has it now. */
export async function settleProbe(
  database: Queryable,
  probe: ClaimedProbe,
  { answer, decision, nowMs }: { answer: ProbeAnswer; decision: ProbeDecision; nowMs: number },
): Promise<void> {
  const isOpen = decision.state === 'outstanding';
  await database.query(
    `UPDATE closing_probe SET state = $6, status = $7, tries = tries + 1, failures = $8, worked_until = NULL,
        tried_at = to_timestamp($5::double precision / 1000),
        accepted_at = CASE WHEN $9 THEN to_timestamp($5::double precision / 1000) ELSE accepted_at END,
        due_at = CASE WHEN $10::double precision IS NULL THEN due_at ELSE to_timestamp($10::double precision / 1000) END,
        sealed = CASE WHEN $10 IS NOT NULL THEN sealed END,
        closed_at = CASE WHEN $10 IS NULL THEN to_timestamp($5::double precision / 1000) END
      WHERE ${keyFrom(1)} AND claims = $4 AND state = 'outstanding'`,
    [
      ...keyOf(probe),
      probe.claims,
      nowMs,
      decision.state,
      answer.status,
      isOpen ? decision.failures : 0,
      answer.kind === 'accepted',
      isOpen ? decision.dueAtMs : null,
    ],
  );
}

/** Closes a probe without a read, and destroys the value. */
export async function closeProbe(
  database: Queryable,
  probe: ClaimedProbe,
  closing: { state: 'in-use' | 'not-probed'; because: NotProbed | null; nowMs: number },
): Promise<void> {
  await database.query(
    `UPDATE closing_probe SET state = $5, because = $6, closed_at = to_timestamp($7::double precision / 1000),
        sealed = NULL, worked_until = NULL
      WHERE ${keyFrom(1)} AND claims = $4 AND state = 'outstanding'`,
    [...keyOf(probe), probe.claims, closing.state, closing.because, closing.nowMs],
  );
}

/** Lets go of a probe that nothing was learnt of. */
export async function leaveProbe(database: Queryable, probe: ClaimedProbe): Promise<void> {
  await database.query(`UPDATE closing_probe SET worked_until = NULL WHERE ${keyFrom(1)} AND claims = $4`, [
    ...keyOf(probe),
    probe.claims,
  ]);
}

/** In how many milliseconds the next is due. Null: none is outstanding. */
export async function nextProbeDueMs(database: Queryable, nowMs: number): Promise<number | null> {
  const { rows } = await database.query<{ due: Date | null }>(
    `SELECT min(greatest(due_at, worked_until)) AS due FROM closing_probe WHERE state = 'outstanding'`,
  );
  const due = rows[0]?.due ?? null;
  return due === null ? null : Math.max(0, due.getTime() - nowMs);
}

/** What is known of removed credentials goes after `beforeMs`, as evidence does. */
export async function dropClosedProbes(database: Queryable, beforeMs: number): Promise<void> {
  await database.query(
    `DELETE FROM closing_probe WHERE state <> 'outstanding' AND closed_at < to_timestamp($1::double precision / 1000)`,
    [beforeMs],
  );
}

type ListedRow = Omit<ClosingProbe, 'replacedAt' | 'triedAt' | 'acceptedAt' | 'closedAt' | 'nextAt'> & {
  replaced_at: Date;
  tried_at: Date | null;
  accepted_at: Date | null;
  closed_at: Date | null;
  due_at: Date;
};

/** The newest of a connection, newest first. */
export async function listProbeRows(
  database: Queryable,
  place: { teamId: string; connectionId: string },
  limit: number,
): Promise<ClosingProbe[]> {
  const { rows } = await database.query<ListedRow>(
    `SELECT id, name, kind, environment, state, because, tries, status, replaced_at, tried_at, accepted_at, closed_at,
        due_at
      FROM closing_probe WHERE team_id = $1 AND connection_id = $2 ORDER BY replaced_at DESC, id DESC LIMIT $3`,
    [uuidFromId(place.teamId), uuidFromId(place.connectionId), limit],
  );
  return rows.map(({ replaced_at, tried_at, accepted_at, closed_at, due_at, ...row }) => ({
    ...row,
    id: idFromUuid(idPrefixes.connectionCredential, row.id),
    replacedAt: replaced_at.toISOString(),
    triedAt: tried_at?.toISOString() ?? null,
    acceptedAt: accepted_at?.toISOString() ?? null,
    closedAt: closed_at?.toISOString() ?? null,
    nextAt: row.state === 'outstanding' ? due_at.toISOString() : null,
  }));
}

/** Sealed credentials that connections of the team to a provider can be called with now. */
export async function readServing(
  database: Queryable,
  place: { teamId: string; provider: string; nowMs: number },
): Promise<{ id: string; kind: CredentialKind; sealed: Buffer }[]> {
  const { rows } = await database.query<{ id: string; kind: CredentialKind; sealed: Buffer }>(
    `SELECT k.id, k.kind, k.sealed FROM connection_credential k
       JOIN connection c ON c.team_id = k.team_id AND c.id = k.connection_id
      WHERE c.team_id = $1 AND c.provider = $2 AND c.deleted_at IS NULL
        AND (k.expires_at IS NULL OR k.expires_at > to_timestamp($3::double precision / 1000))`,
    [uuidFromId(place.teamId), place.provider, place.nowMs],
  );
  return rows.map((row) => ({ ...row, id: idFromUuid(idPrefixes.connectionCredential, row.id) }));
}

function keyFrom(first: number): string {
  return `team_id = $${first} AND connection_id = $${first + 1} AND id = $${first + 2}`;
}

function keyOf({ teamId, connectionId, id }: { teamId: string; connectionId: string; id: string }): string[] {
  return [teamId, connectionId, id].map(uuidFromId);
}
