import type pg from 'pg';
import { idFromUuid, idPrefixes, uuidFromId } from '../ids/id.rules.ts';
import type { SubjectKind } from '../readiness/check-definition.ts';
import type { Finding, Subject } from '../readiness/finding.ts';
import type { DrillRun, DrillRunState, TranscriptStep } from './drill.ts';

type Queryable = Pick<pg.Pool, 'query'>;

type Row = {
  team_id: string;
  id: string;
  check_id: string;
  subject_kind: SubjectKind;
  subject_id: string;
  version: number;
  pace: number;
  state: DrillRunState;
  progress_done: number;
  progress_of: number | null;
  transcript: TranscriptStep[];
  transcript_hash: string | null;
  finding: Finding | null;
  evidence_id: string | null;
  created_at: Date;
  started_at: Date | null;
  ended_at: Date | null;
};

const summary = `team_id, id, check_id, subject_kind, subject_id, version, pace, state, progress_done, progress_of,
  transcript_hash, finding, evidence_id, created_at, started_at, ended_at`;

/** Subjects that every team has in common. */
const shared = new Set<SubjectKind>(['gateway']);

/** A run with what only its node needs to know. */
export type StoredRun = DrillRun & { pace: number };

function toRun(row: Omit<Row, 'transcript'> & Partial<Pick<Row, 'transcript'>>): StoredRun {
  const teamId = idFromUuid(idPrefixes.team, row.team_id);
  const owner = shared.has(row.subject_kind) ? null : teamId;
  return {
    id: idFromUuid(idPrefixes.drillRun, row.id),
    teamId,
    checkId: row.check_id,
    subject: { kind: row.subject_kind, id: row.subject_id, teamId: owner },
    version: row.version,
    state: row.state,
    progress: { done: row.progress_done, of: row.progress_of },
    transcript: row.transcript ?? [],
    transcriptHash: row.transcript_hash,
    finding: row.finding,
    evidenceId: row.evidence_id === null ? null : idFromUuid(idPrefixes.evidence, row.evidence_id),
    rehearsal: row.pace < 1,
    pace: row.pace,
    createdAtMs: row.created_at.getTime(),
    startedAtMs: row.started_at?.getTime() ?? null,
    endedAtMs: row.ended_at?.getTime() ?? null,
  };
}

export type NewRun = { id: string; checkId: string; subject: Subject; version: number; pace: number };

export async function insertRun(database: Queryable, teamId: string, run: NewRun): Promise<DrillRun> {
  const { rows } = await database.query<Row>(
    `INSERT INTO drill_run (team_id, id, check_id, subject_kind, subject_id, version, pace)
       VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING ${summary}`,
    [uuidFromId(teamId), uuidFromId(run.id), run.checkId, run.subject.kind, run.subject.id, run.version, run.pace],
  );
  return toRun(rows[0] as Row);
}

/** Runs of a team that wait or are under way. */
export async function listOpenRuns(database: Queryable, teamId: string): Promise<DrillRun[]> {
  const { rows } = await database.query<Row>(
    `SELECT ${summary} FROM drill_run WHERE team_id = $1 AND state IN ('waiting', 'running') ORDER BY id`,
    [uuidFromId(teamId)],
  );
  return rows.map(toRun);
}

/** With its transcript. */
export async function findRun(database: Queryable, teamId: string, runId: string): Promise<DrillRun | null> {
  const { rows } = await database.query<Row>(
    `SELECT ${summary}, transcript FROM drill_run WHERE team_id = $1 AND id = $2`,
    [uuidFromId(teamId), uuidFromId(runId)],
  );
  return rows[0] === undefined ? null : toRun(rows[0]);
}

/** Newest first, without transcripts. */
export async function listRunRows(
  database: Queryable,
  page: { teamId: string; checkId: string | null; limit: number; after: string | null },
): Promise<DrillRun[]> {
  const { rows } = await database.query<Row>(
    `SELECT ${summary} FROM drill_run WHERE team_id = $1 AND ($2::text IS NULL OR check_id = $2)
       AND ($3::uuid IS NULL OR id < $3) ORDER BY id DESC LIMIT $4`,
    [uuidFromId(page.teamId), page.checkId, page.after === null ? null : uuidFromId(page.after), page.limit],
  );
  return rows.map(toRun);
}

/** The newest run of each check and subject of a team. */
export async function listLastRuns(database: Queryable, teamId: string): Promise<DrillRun[]> {
  const { rows } = await database.query<Row>(
    `SELECT DISTINCT ON (check_id, subject_id) ${summary} FROM drill_run WHERE team_id = $1
       ORDER BY check_id, subject_id, id DESC`,
    [uuidFromId(teamId)],
  );
  return rows.map(toRun);
}

/** The next that waits, of the team whose last turn is the longest ago; it is this node's from now on. */
export async function claimRun(database: Queryable, node: string, leaseSeconds: number): Promise<StoredRun | null> {
  const { rows } = await database.query<Row>(
    `WITH next AS MATERIALIZED (
       SELECT w.team_id, w.id FROM drill_run w JOIN team t ON t.id = w.team_id AND t.deleted_at IS NULL
         WHERE w.state = 'waiting'
         ORDER BY (SELECT max(p.started_at) FROM drill_run p WHERE p.team_id = w.team_id) NULLS FIRST, w.id
         LIMIT 1 FOR UPDATE OF w SKIP LOCKED)
     UPDATE drill_run r SET state = 'running', node = $1, lease_until = now() + make_interval(secs => $2),
         started_at = now()
       FROM next WHERE r.team_id = next.team_id AND r.id = next.id
       RETURNING ${summary.replaceAll(/\b(team_id|id)\b/g, 'r.$1')}`,
    [node, leaseSeconds],
  );
  return rows[0] === undefined ? null : toRun(rows[0]);
}

export type RunUnderWay = {
  progress: { done: number; of: number | null };
  transcript: readonly TranscriptStep[];
  configurationDigest: string | null;
};

/** Keeps the lease, and what is to be seen meanwhile. `held` false: another node took it for dead. */
export async function renewRun(
  database: Queryable,
  run: Pick<DrillRun, 'teamId' | 'id'>,
  node: string,
  leaseSeconds: number,
  seen: RunUnderWay,
): Promise<{ held: boolean; stopAsked: boolean }> {
  const { rows } = await database.query<{ stop_asked: boolean }>(
    `UPDATE drill_run SET lease_until = now() + make_interval(secs => $4), progress_done = $5, progress_of = $6,
         transcript = $7, configuration_digest = $8
       WHERE team_id = $1 AND id = $2 AND node = $3 AND state = 'running' RETURNING stop_asked`,
    [
      uuidFromId(run.teamId),
      uuidFromId(run.id),
      node,
      leaseSeconds,
      seen.progress.done,
      seen.progress.of,
      JSON.stringify(seen.transcript),
      seen.configurationDigest,
    ],
  );
  return { held: rows.length === 1, stopAsked: rows[0]?.stop_asked === true };
}

export type EndedRun = Pick<
  DrillRun,
  'state' | 'progress' | 'transcript' | 'transcriptHash' | 'finding' | 'evidenceId'
>;

/** Keeps others from it until the transaction ends. False: it is not this node's any more. */
export async function holdRun(client: Queryable, run: Pick<DrillRun, 'teamId' | 'id'>, node: string): Promise<boolean> {
  const { rowCount } = await client.query(
    `SELECT FROM drill_run WHERE team_id = $1 AND id = $2 AND node = $3 AND state = 'running' FOR UPDATE`,
    [uuidFromId(run.teamId), uuidFromId(run.id), node],
  );
  return rowCount === 1;
}

/** One that this node plays; another's is left as it is. */
export async function endRun(
  database: Queryable,
  run: Pick<DrillRun, 'teamId' | 'id'>,
  node: string,
  ended: EndedRun,
): Promise<void> {
  await database.query(
    `UPDATE drill_run SET state = $4, progress_done = $5, progress_of = $6, transcript = $7, transcript_hash = $8,
         finding = $9, evidence_id = $10, ended_at = now(), lease_until = NULL
       WHERE team_id = $1 AND id = $2 AND node = $3 AND state = 'running'`,
    [
      uuidFromId(run.teamId),
      uuidFromId(run.id),
      node,
      ended.state,
      ended.progress.done,
      ended.progress.of,
      JSON.stringify(ended.transcript),
      ended.transcriptHash,
      ended.finding === null ? null : JSON.stringify(ended.finding),
      ended.evidenceId === null ? null : uuidFromId(ended.evidenceId),
    ],
  );
}

/** What waits is stopped at once; what is under way is asked to stop. Null: it is over already. */
export async function askToStop(database: Queryable, teamId: string, runId: string): Promise<DrillRun | null> {
  const { rows } = await database.query<Row>(
    `UPDATE drill_run SET stop_asked = true, state = CASE state WHEN 'waiting' THEN 'stopped' ELSE state END,
         ended_at = CASE state WHEN 'waiting' THEN now() END
       WHERE team_id = $1 AND id = $2 AND state IN ('waiting', 'running') RETURNING ${summary}`,
    [uuidFromId(teamId), uuidFromId(runId)],
  );
  return rows[0] === undefined ? null : toRun(rows[0]);
}

/** @param all also those whose lease runs: this node alone uses the database, and has just started. */
export async function interruptDeadRuns(database: Queryable, all: boolean): Promise<number> {
  const { rowCount } = await database.query(
    `UPDATE drill_run SET state = 'interrupted', ended_at = now(), lease_until = NULL
       WHERE state = 'running' AND ($1 OR lease_until < now())`,
    [all],
  );
  return rowCount ?? 0;
}

/**
 * The runs that these pieces of evidence came of, with their transcripts. Those about the gateway count for every team, so
 * they may be another team's.
 */
export async function listRunsOfEvidence(
  database: Queryable,
  teamId: string,
  evidenceIds: readonly string[],
): Promise<DrillRun[]> {
  const { rows } = await database.query<Row>(
    `SELECT ${summary}, transcript FROM drill_run WHERE evidence_id = ANY ($2::uuid[])
       AND (team_id = $1 OR subject_kind = 'gateway') ORDER BY id`,
    [uuidFromId(teamId), evidenceIds.map(uuidFromId)],
  );
  return rows.map(toRun);
}
