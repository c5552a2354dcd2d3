import type pg from 'pg';
import { idFromUuid, idPrefixes, uuidFromId } from '../ids/id.rules.ts';
import type { ArchiveError } from './archive-errors.rules.ts';
import type { ArchiveJob, ClaimedJob, JobState } from './archive-job.ts';

type Queryable = Pick<pg.Pool, 'query'>;

type Row = {
  team_id: string;
  id: string;
  connection_id: string;
  provider: string;
  event_id: string | null;
  subject: string;
  completion: string;
  state: JobState;
  attempts: number;
  claims: number;
  due_at: Date;
  late_at: Date | null;
  settled_at: Date | null;
  last_error: ArchiveError | null;
  created_at: Date;
};
const columns = `j.team_id, j.id, j.connection_id, j.provider, j.event_id, j.subject, j.completion, j.state, j.attempts,
  j.claims, j.due_at, j.late_at, j.settled_at, j.last_error, j.created_at`;

function toJob(row: Row): ArchiveJob {
  return {
    id: idFromUuid(idPrefixes.archiveJob, row.id),
    connectionId: idFromUuid(idPrefixes.connection, row.connection_id),
    provider: row.provider,
    eventId: row.event_id === null ? null : idFromUuid(idPrefixes.event, row.event_id),
    subject: row.subject,
    completion: row.completion,
    state: row.state,
    attempts: row.attempts,
    lastError: row.last_error,
    dueAt: row.state === 'waiting' ? row.due_at.toISOString() : null,
    lateAt: row.late_at?.toISOString() ?? null,
    settledAt: row.settled_at?.toISOString() ?? null,
    createdAt: row.created_at.toISOString(),
  };
}

/** A job to be made, if there is none of its connection, subject and completion. */
export type NewJob = Pick<ArchiveJob, 'id' | 'connectionId' | 'provider' | 'eventId' | 'subject' | 'completion'> & {
  teamId: string;
};

/** A job that was only asked for before gets its event, and is due at once. @returns how many are new or due again. */
export async function insertJobs(database: Queryable, jobs: readonly NewJob[]): Promise<number> {
  const { rowCount } = await database.query(
    `INSERT INTO archive_job AS j (team_id, id, connection_id, provider, event_id, subject, completion)
      SELECT DISTINCT ON (u.team, u.connection, u.subject, u.completion) *
        FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::text[])
          AS u(team, id, connection, provider, event, subject, completion)
        ORDER BY u.team, u.connection, u.subject, u.completion, u.event
      ON CONFLICT (team_id, connection_id, subject, completion) DO UPDATE
        SET event_id = excluded.event_id, state = 'waiting', due_at = now(), since = now(), attempts = 0, late_at = NULL
        WHERE j.event_id IS NULL AND excluded.event_id IS NOT NULL AND j.state <> 'stored'`,
    [
      jobs.map(({ teamId }) => uuidFromId(teamId)),
      jobs.map(({ id }) => uuidFromId(id)),
      jobs.map(({ connectionId }) => uuidFromId(connectionId)),
      jobs.map(({ provider }) => provider),
      jobs.map(({ eventId }) => (eventId === null ? null : uuidFromId(eventId))),
      jobs.map(({ subject }) => subject),
      jobs.map(({ completion }) => completion),
    ],
  );
  return rowCount ?? 0;
}

/**
 * Takes the job that is due the longest, of a connection that is not in `busy`, and keeps others off it for
 * `leaseMs`. Null when none is due.
 */
export async function claimJob(
  database: Queryable,
  input: { busy: readonly string[]; leaseMs: number },
): Promise<ClaimedJob | null> {
  const { rows } = await database.query<Row & { elapsed_ms: number }>(
    `WITH d AS MATERIALIZED (SELECT team_id, id FROM archive_job
        WHERE state = 'waiting' AND due_at <= now() AND connection_id <> ALL ($1::uuid[])
        ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
     UPDATE archive_job j SET claims = j.claims + 1, due_at = now() + make_interval(secs => $2)
      FROM d WHERE j.team_id = d.team_id AND j.id = d.id
      RETURNING ${columns}, (extract(epoch FROM now() - j.since) * 1000)::double precision AS elapsed_ms`,
    [input.busy.map(uuidFromId), input.leaseMs / 1000],
  );
  const row = rows[0];
  if (row === undefined) return null;
  const { id, connectionId, provider, eventId, subject, completion, attempts } = toJob(row);
  return {
    id,
    connectionId,
    provider,
    eventId,
    subject,
    completion,
    attempts,
    teamId: idFromUuid(idPrefixes.team, row.team_id),
    claim: row.claims,
    elapsedMs: row.elapsed_ms,
  };
}

const held = `team_id = $1 AND id = $2 AND claims = $3 AND state = 'waiting'`;
const holder = (job: ClaimedJob): unknown[] => [uuidFromId(job.teamId), uuidFromId(job.id), job.claim];

/** In so many milliseconds it is due: a lease that is renewed, or 0 to let go of it. False when it is not ours any more. */
export async function postponeJob(database: Queryable, job: ClaimedJob, delayMs: number): Promise<boolean> {
  const { rowCount } = await database.query(
    `UPDATE archive_job SET due_at = now() + make_interval(secs => $4) WHERE ${held}`,
    [...holder(job), delayMs / 1000],
  );
  return rowCount === 1;
}

/** Writes how an attempt ended. False when the job is not ours any more, and nothing was written. */
export async function settleJob(
  database: Queryable,
  job: ClaimedJob,
  end: { state: JobState; error: ArchiveError | null; delayMs: number },
): Promise<boolean> {
  const { rowCount } = await database.query(
    `UPDATE archive_job SET state = $4, last_error = $5, attempts = attempts + 1,
        due_at = now() + make_interval(secs => $6), settled_at = CASE WHEN $4 <> 'waiting' THEN now() END
      WHERE ${held}`,
    [...holder(job), end.state, end.error, end.delayMs / 1000],
  );
  return rowCount === 1;
}

/** In how many milliseconds the next job is due; null when none waits. */
export async function nextJobDueMs(database: Queryable): Promise<number | null> {
  const { rows } = await database.query<{ due_in_ms: number }>(
    `SELECT (extract(epoch FROM due_at - now()) * 1000)::double precision AS due_in_ms
      FROM archive_job WHERE state = 'waiting' ORDER BY due_at LIMIT 1`,
  );
  return rows[0] === undefined ? null : Math.max(0, rows[0].due_in_ms);
}

/** Marks jobs that have waited for longer than `lateAfterMs`, each once an effort. */
export async function markLateJobs(
  database: Queryable,
  input: { lateAfterMs: number; limit: number },
): Promise<{ teamId: string; job: ArchiveJob }[]> {
  const { rows } = await database.query<Row>(
    `WITH d AS MATERIALIZED (SELECT team_id, id FROM archive_job
        WHERE state = 'waiting' AND late_at IS NULL AND since < now() - make_interval(secs => $1)
        LIMIT $2 FOR UPDATE SKIP LOCKED)
     UPDATE archive_job j SET late_at = now() FROM d WHERE j.team_id = d.team_id AND j.id = d.id RETURNING ${columns}`,
    [input.lateAfterMs / 1000, input.limit],
  );
  return rows.map((row) => ({ teamId: idFromUuid(idPrefixes.team, row.team_id), job: toJob(row) }));
}

/** Begins a new effort at once, whatever became of the last one. Null when there is no such job. */
export async function restartJob(database: Queryable, teamId: string, jobId: string): Promise<ArchiveJob | null> {
  const { rows } = await database.query<Row>(
    `UPDATE archive_job j SET state = 'waiting', due_at = now(), since = now(), attempts = 0, late_at = NULL,
        settled_at = NULL, claims = claims + 1
      WHERE team_id = $1 AND id = $2 RETURNING ${columns}`,
    [uuidFromId(teamId), uuidFromId(jobId)],
  );
  return rows[0] === undefined ? null : toJob(rows[0]);
}

export async function findJobOf(
  database: Queryable,
  key: { teamId: string; connectionId: string; subject: string; completion: string },
): Promise<ArchiveJob | null> {
  const { rows } = await database.query<Row>(
    `SELECT ${columns} FROM archive_job j
      WHERE team_id = $1 AND connection_id = $2 AND subject = $3 AND completion = $4`,
    [uuidFromId(key.teamId), uuidFromId(key.connectionId), key.subject, key.completion],
  );
  return rows[0] === undefined ? null : toJob(rows[0]);
}

export type JobFilter = {
  connectionId?: string | undefined;
  subject?: string | undefined;
  state?: JobState | undefined;
};

/** Newest first; up to `limit` older than `after`. */
export async function listJobRows(
  database: Queryable,
  input: { teamId: string; filter: JobFilter; limit: number; after: string | null },
): Promise<ArchiveJob[]> {
  const { connectionId, subject, state } = input.filter;
  const { rows } = await database.query<Row>(
    `SELECT ${columns} FROM archive_job j
      WHERE team_id = $1 AND ($3::uuid IS NULL OR id < $3) AND ($4::uuid IS NULL OR connection_id = $4)
        AND ($5::text IS NULL OR subject = $5) AND ($6::text IS NULL OR state = $6)
      ORDER BY id DESC LIMIT $2`,
    [
      uuidFromId(input.teamId),
      input.limit,
      input.after === null ? null : uuidFromId(input.after),
      connectionId === undefined ? null : uuidFromId(connectionId),
      subject ?? null,
      state ?? null,
    ],
  );
  return rows.map(toJob);
}
