import type pg from 'pg';
import type { DeliveryFilter } from '../delivery/delivery-filter.ts';
import { idFromUuid, idPrefixes, uuidFromId } from '../ids/id.rules.ts';
import type { Replay, ReplayState } from './replay.ts';

type Queryable = Pick<pg.Pool, 'query'>;

type Row = {
  team_id: string;
  id: string;
  filter: DeliveryFilter;
  dry_run: boolean;
  rate_per_second: number | null;
  state: ReplayState;
  position: string | null;
  matched: string;
  resent: string;
  created_at: Date;
  finished_at: Date | null;
};

const columns =
  'team_id, id, filter, dry_run, rate_per_second, state, position, matched, resent, created_at, finished_at';

function toReplay(row: Row): Replay {
  return {
    id: idFromUuid(idPrefixes.replay, row.id),
    teamId: idFromUuid(idPrefixes.team, row.team_id),
    filter: row.filter,
    dryRun: row.dry_run,
    ratePerSecond: row.rate_per_second,
    state: row.state,
    matched: Number(row.matched),
    resent: Number(row.resent),
    createdAt: row.created_at.toISOString(),
    finishedAt: row.finished_at?.toISOString() ?? null,
  };
}

export async function insertReplay(
  database: Queryable,
  replay: Pick<Replay, 'id' | 'teamId' | 'filter' | 'dryRun' | 'ratePerSecond'>,
): Promise<Replay> {
  const { rows } = await database.query<Row>(
    `INSERT INTO replay (team_id, id, filter, dry_run, rate_per_second, state) VALUES ($1, $2, $3, $4, $5, 'running')
      RETURNING ${columns}`,
    [uuidFromId(replay.teamId), uuidFromId(replay.id), replay.filter, replay.dryRun, replay.ratePerSecond],
  );
  return toReplay(rows[0] as Row);
}

export async function findReplay(database: Queryable, teamId: string, replayId: string): Promise<Replay | null> {
  const { rows } = await database.query<Row>(`SELECT ${columns} FROM replay WHERE team_id = $1 AND id = $2`, [
    uuidFromId(teamId),
    uuidFromId(replayId),
  ]);
  return rows[0] === undefined ? null : toReplay(rows[0]);
}

/** Newest first; up to `limit` older than `after`. */
export async function listReplayRows(
  database: Queryable,
  teamId: string,
  limit: number,
  after: string | null,
): Promise<Replay[]> {
  const { rows } = await database.query<Row>(
    `SELECT ${columns} FROM replay WHERE team_id = $1 AND ($3::uuid IS NULL OR id < $3) ORDER BY id DESC LIMIT $2`,
    [uuidFromId(teamId), limit, after === null ? null : uuidFromId(after)],
  );
  return rows.map(toReplay);
}

/** Waits for a page that is being worked on. False, and nothing is changed, when the replay has ended. */
export async function markReplayCancelled(database: Queryable, teamId: string, replayId: string): Promise<boolean> {
  const { rowCount } = await database.query(
    `UPDATE replay SET state = 'cancelled', finished_at = now() WHERE team_id = $1 AND id = $2 AND state = 'running'`,
    [uuidFromId(teamId), uuidFromId(replayId)],
  );
  return rowCount === 1;
}

/**
 * Takes one running replay whose next page is due, the longest untouched first, and keeps others off it until the
 * transaction ends.
 */
export async function lockDueReplay(
  client: pg.PoolClient,
  only: { teamId: string; replayId: string } | null,
): Promise<{ replay: Replay; after: string | null } | null> {
  const { rows } = await client.query<Row>(
    `SELECT ${columns} FROM replay
      WHERE state = 'running' AND (worked_until IS NULL OR worked_until <= now())
        AND ($1::uuid IS NULL OR (team_id = $1 AND id = $2))
      ORDER BY worked_until NULLS FIRST, created_at LIMIT 1 FOR UPDATE SKIP LOCKED`,
    only === null ? [null, null] : [uuidFromId(only.teamId), uuidFromId(only.replayId)],
  );
  const row = rows[0];
  if (row === undefined) return null;
  return {
    replay: toReplay(row),
    after: row.position === null ? null : idFromUuid(idPrefixes.delivery, row.position),
  };
}

/** Writes how far a replay has come. `after` null: it has finished, which its team is told unless it was a dry run. */
export async function saveReplayPage(
  client: pg.PoolClient,
  replay: Replay,
  page: { after: string | null; matched: number; resent: number; waitMs: number },
): Promise<void> {
  const ids = [uuidFromId(replay.teamId), uuidFromId(replay.id)];
  await client.query(
    `UPDATE replay SET matched = matched + $3, resent = resent + $4, position = coalesce($5, position),
        worked_until = now() + make_interval(secs => $6),
        state = CASE WHEN $5::uuid IS NULL THEN 'finished' ELSE state END,
        finished_at = CASE WHEN $5::uuid IS NULL THEN now() END
      WHERE team_id = $1 AND id = $2`,
    [...ids, page.matched, page.resent, page.after === null ? null : uuidFromId(page.after), page.waitMs / 1000],
  );
  if (page.after !== null || replay.dryRun) return;
  await client.query(
    `INSERT INTO operational_outbox (team_id, type, data)
      SELECT team_id, 'posthorn.replay.finished',
          jsonb_build_object('replayUuid', id, 'matched', matched, 'resent', resent,
            'dryRun', dry_run)
        FROM replay WHERE team_id = $1 AND id = $2`,
    ids,
  );
}

/** In how many milliseconds the next page of any running replay is due; null when none is running. */
export async function nextReplayDueMs(database: Queryable): Promise<number | null> {
  const { rows } = await database.query<{ due_in_ms: number | null }>(
    `SELECT (extract(epoch FROM min(coalesce(worked_until, now())) - now()) * 1000)::double precision AS due_in_ms
      FROM replay WHERE state = 'running'`,
  );
  const dueInMs = rows[0]?.due_in_ms ?? null;
  return dueInMs === null ? null : Math.max(0, dueInMs);
}
