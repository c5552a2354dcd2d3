import type pg from 'pg';
import { floorId, idFromUuid, idPrefixes, uuidFromId } from '../ids/id.rules.ts';
import type { PhaseName } from './launch-names.rules.ts';
import type { Measure, Watch, WatchFinding, WatchLook } from './watch.ts';

type Queryable = Pick<pg.Pool, 'query'>;
type Place = { teamId: string; reviewId: string };

const keysOf = ({ teamId, reviewId }: Place): string[] => [uuidFromId(teamId), uuidFromId(reviewId)];
/** How long looks are kept. */
const keptMs = 100 * 86_400_000;

/** Begins with a promotion that went live; one that goes on stays as it is. `states`: how checks stand. */
export async function startWatch(
  database: Queryable,
  { atMs, states, ...place }: Place & { atMs: number; states: Readonly<Record<string, string>> },
): Promise<void> {
  await database.query(
    `INSERT INTO watch (team_id, review_id, started_at, next_at, states)
       VALUES ($1, $2, to_timestamp($3::double precision / 1000), to_timestamp($3::double precision / 1000), $4)
     ON CONFLICT (team_id, review_id) DO UPDATE SET
       started_at = CASE WHEN watch.ended_at IS NULL THEN watch.started_at ELSE excluded.started_at END,
       states = CASE WHEN watch.ended_at IS NULL THEN watch.states ELSE excluded.states END,
       exceeded = CASE WHEN watch.ended_at IS NULL THEN watch.exceeded ELSE '{}' END,
       next_at = excluded.next_at, ended_at = NULL`,
    [...keysOf(place), atMs, JSON.stringify(states)],
  );
}

/** It is looked at next. */
export async function hurryWatch(database: Queryable, { atMs, ...place }: Place & { atMs: number }): Promise<void> {
  await database.query(
    `UPDATE watch SET next_at = to_timestamp($3::double precision / 1000)
       WHERE team_id = $1 AND review_id = $2 AND ended_at IS NULL`,
    [...keysOf(place), atMs],
  );
}

/** Takes the watch whose look is due longest, and keeps other nodes off it for as long as is said. */
export async function takeWatch(database: Queryable, nowMs: number, leaseMs: number): Promise<Watch | null> {
  const { rows } = await database.query<{
    team_id: string;
    review_id: string;
    started_at: Date;
    exceeded: Watch['exceeded'];
    states: Watch['states'] | null;
  }>(
    `UPDATE watch w SET worked_until = now() + make_interval(secs => $2::double precision / 1000)
       WHERE (team_id, review_id) = (SELECT x.team_id, x.review_id FROM watch x
         JOIN team t ON t.id = x.team_id AND t.deleted_at IS NULL
         WHERE x.ended_at IS NULL AND x.next_at <= to_timestamp($1::double precision / 1000)
           AND (x.worked_until IS NULL OR x.worked_until <= now())
         ORDER BY x.next_at LIMIT 1 FOR UPDATE OF x SKIP LOCKED)
       RETURNING team_id, review_id, started_at, exceeded, states`,
    [nowMs, leaseMs],
  );
  const [row] = rows;
  if (row === undefined) return null;
  return {
    teamId: idFromUuid(idPrefixes.team, row.team_id),
    reviewId: idFromUuid(idPrefixes.review, row.review_id),
    startedAtMs: row.started_at.getTime(),
    exceeded: row.exceeded,
    states: row.states ?? {},
  };
}

/** When the next look is due, Unix milliseconds; null: none is. */
export async function nextLookMs(database: Queryable): Promise<number | null> {
  const { rows } = await database.query<{ next_at: Date | null }>(
    'SELECT min(next_at) AS next_at FROM watch WHERE ended_at IS NULL',
  );
  return rows[0]?.next_at?.getTime() ?? null;
}

/** Puts a look on record, and lets the watch rest until the next. `ends`: nothing is left to be watched. */
export async function saveLook(
  client: pg.PoolClient,
  place: Place,
  look: WatchLook,
  next: { atMs: number; exceeded: Watch['exceeded']; states: Watch['states']; ends: boolean },
): Promise<void> {
  const keys = keysOf(place);
  await client.query(
    `INSERT INTO watch_look (team_id, review_id, id, phase, looked_at, checks, failed, reopened, measures, findings)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      ...keys,
      uuidFromId(look.id),
      look.phase,
      look.at,
      look.checks,
      look.failed,
      look.reopened,
      JSON.stringify(look.measures),
      JSON.stringify(look.findings),
    ],
  );
  await client.query(
    `UPDATE watch SET next_at = to_timestamp($3::double precision / 1000), exceeded = $4, states = $5, worked_until = NULL,
        ended_at = CASE WHEN $6 THEN $7::timestamptz END
      WHERE team_id = $1 AND review_id = $2`,
    [...keys, next.atMs, JSON.stringify(next.exceeded), JSON.stringify(next.states), next.ends, look.at],
  );
  const oldest = uuidFromId(floorId(idPrefixes.watchLook, Math.max(0, Date.parse(look.at) - keptMs)));
  await client.query('DELETE FROM watch_look WHERE team_id = $1 AND review_id = $2 AND id < $3', [...keys, oldest]);
}

/** Newest first. */
export async function listLookRows(
  database: Queryable,
  page: Place & { limit: number; after: string | null; onlyFound: boolean },
): Promise<WatchLook[]> {
  const { rows } = await database.query<{
    id: string;
    phase: PhaseName;
    looked_at: Date;
    checks: number;
    failed: boolean;
    reopened: boolean;
    measures: Measure[];
    findings: WatchFinding[];
  }>(
    `SELECT id, phase, looked_at, checks, failed, reopened, measures, findings FROM watch_look
       WHERE team_id = $1 AND review_id = $2 AND ($4::uuid IS NULL OR id < $4)
         AND (NOT $5 OR findings <> '[]') ORDER BY id DESC LIMIT $3`,
    [...keysOf(page), page.limit, page.after === null ? null : uuidFromId(page.after), page.onlyFound],
  );
  return rows.map(({ looked_at, ...row }) => ({
    ...row,
    id: idFromUuid(idPrefixes.watchLook, row.id),
    at: looked_at.toISOString(),
  }));
}

/** Whether and since when a review is watched, when it is looked at next, and since when limits are exceeded. */
export async function findWatch(
  database: Queryable,
  place: Place,
): Promise<{ startedAt: string; endedAt: string | null; nextAt: string; exceeded: Watch['exceeded'] } | null> {
  const { rows } = await database.query<{
    started_at: Date;
    ended_at: Date | null;
    next_at: Date;
    exceeded: Watch['exceeded'];
  }>('SELECT started_at, ended_at, next_at, exceeded FROM watch WHERE team_id = $1 AND review_id = $2', keysOf(place));
  const [row] = rows;
  if (row === undefined) return null;
  return {
    startedAt: row.started_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null,
    nextAt: row.next_at.toISOString(),
    exceeded: row.exceeded,
  };
}
