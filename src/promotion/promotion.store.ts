import type pg from 'pg';
import { idFromUuid, idPrefixes, uuidFromId } from '../ids/id.rules.ts';
import type { Promotion, PromotionState, PromotionStep } from './promotion.ts';

type Queryable = Pick<pg.Pool, 'query'>;
type Row = {
  team_id: string;
  id: string;
  review_id: string;
  connection_id: string;
  state: PromotionState;
  target: Promotion['target'];
  former: Promotion['former'];
  smoke: Promotion['smoke'];
  verdict: Promotion['verdict'];
  override: Promotion['override'];
  requested_by: string;
  promoter: Promotion['promoter'];
  steps: PromotionStep[];
  because: string | null;
  created_at: Date;
  switched_at: Date | null;
  ended_at: Date | null;
};

const columns = `team_id, id, review_id, connection_id, state, target, former, smoke, verdict, override, requested_by, promoter,
  steps, because, created_at, switched_at, ended_at`;
const underWay = `('preparing', 'switched', 'smoke-passed')`;

function toPromotion(row: Row): Promotion {
  return {
    teamId: idFromUuid(idPrefixes.team, row.team_id),
    id: idFromUuid(idPrefixes.promotion, row.id),
    reviewId: idFromUuid(idPrefixes.review, row.review_id),
    connectionId: idFromUuid(idPrefixes.connection, row.connection_id),
    state: row.state,
    target: row.target,
    former: row.former,
    smoke: row.smoke,
    verdict: row.verdict,
    override: row.override,
    requestedBy: row.requested_by,
    promoter: row.promoter,
    steps: row.steps,
    because: row.because,
    createdAt: row.created_at.toISOString(),
    switchedAt: row.switched_at?.toISOString() ?? null,
    endedAt: row.ended_at?.toISOString() ?? null,
  };
}

export async function insertPromotion(database: Queryable, promotion: Promotion): Promise<void> {
  await database.query(
    `INSERT INTO promotion (team_id, id, review_id, connection_id, state, target, former, smoke, verdict, override,
       requested_by, promoter, steps, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
    [
      uuidFromId(promotion.teamId),
      uuidFromId(promotion.id),
      uuidFromId(promotion.reviewId),
      uuidFromId(promotion.connectionId),
      promotion.state,
      JSON.stringify(promotion.target),
      JSON.stringify(promotion.former),
      JSON.stringify(promotion.smoke),
      JSON.stringify(promotion.verdict),
      promotion.override === null ? null : JSON.stringify(promotion.override),
      promotion.requestedBy,
      promotion.promoter === null ? null : JSON.stringify(promotion.promoter),
      JSON.stringify(promotion.steps),
      promotion.createdAt,
    ],
  );
}

export async function findPromotion(
  database: Queryable,
  teamId: string,
  promotionId: string,
  lock: 'for update' | '' = '',
): Promise<Promotion | null> {
  const { rows } = await database.query<Row>(
    `SELECT ${columns} FROM promotion WHERE team_id = $1 AND id = $2 ${lock}`,
    [uuidFromId(teamId), uuidFromId(promotionId)],
  );
  return rows[0] === undefined ? null : toPromotion(rows[0]);
}

/** Newest first; up to `limit` older than `after`. */
export async function listPromotionRows(
  database: Queryable,
  page: { teamId: string; limit: number; after: string | null; reviewId: string | null },
): Promise<Promotion[]> {
  const { rows } = await database.query<Row>(
    `SELECT ${columns} FROM promotion WHERE team_id = $1 AND ($3::uuid IS NULL OR id < $3)
       AND ($4::uuid IS NULL OR review_id = $4) ORDER BY id DESC LIMIT $2`,
    [
      uuidFromId(page.teamId),
      page.limit,
      page.after === null ? null : uuidFromId(page.after),
      page.reviewId === null ? null : uuidFromId(page.reviewId),
    ],
  );
  return rows.map(toPromotion);
}

/** The newest promotion of a connection. */
export async function findNewestOf(
  database: Queryable,
  teamId: string,
  connectionId: string,
): Promise<Promotion | null> {
  const { rows } = await database.query<Row>(
    `SELECT ${columns} FROM promotion WHERE team_id = $1 AND connection_id = $2 ORDER BY id DESC LIMIT 1`,
    [uuidFromId(teamId), uuidFromId(connectionId)],
  );
  return rows[0] === undefined ? null : toPromotion(rows[0]);
}

/**
 * Takes one that is under way and that nobody works on, the longest untouched first, for as long as is said. Times are by
 * the database's clock, which every node shares.
 */
export async function takePromotion(database: Queryable, leaseMs: number): Promise<Promotion | null> {
  const { rows } = await database.query<Row>(
    `UPDATE promotion SET worked_until = now() + make_interval(secs => $1::double precision / 1000)
       WHERE (team_id, id) = (SELECT team_id, id FROM promotion WHERE state IN ${underWay}
         AND (worked_until IS NULL OR worked_until <= now()) ORDER BY worked_until NULLS FIRST LIMIT 1
         FOR UPDATE SKIP LOCKED) RETURNING ${columns}`,
    [leaseMs],
  );
  return rows[0] === undefined ? null : toPromotion(rows[0]);
}

/** Keeps others off it for longer; false when it is under way no more. */
export async function keepPromotion(database: Queryable, { teamId, id }: Promotion, leaseMs: number): Promise<boolean> {
  const { rowCount } = await database.query(
    `UPDATE promotion SET worked_until = now() + make_interval(secs => $3::double precision / 1000)
       WHERE team_id = $1 AND id = $2 AND state IN ${underWay}`,
    [uuidFromId(teamId), uuidFromId(id), leaseMs],
  );
  return rowCount === 1;
}

/** How it stands now. `from`: only while it is in this state; false, and nothing is changed, when it is not. */
export async function savePromotion(database: Queryable, promotion: Promotion, from: PromotionState): Promise<boolean> {
  const { rowCount } = await database.query(
    `UPDATE promotion SET state = $3, steps = $4, because = $5, switched_at = $6, ended_at = $7, former = $8
       WHERE team_id = $1 AND id = $2 AND state = $9`,
    [
      uuidFromId(promotion.teamId),
      uuidFromId(promotion.id),
      promotion.state,
      JSON.stringify(promotion.steps),
      promotion.because,
      promotion.switchedAt,
      promotion.endedAt,
      JSON.stringify(promotion.former),
      from,
    ],
  );
  return rowCount === 1;
}

/** Ids of the promotions of a review that are live, the newest first: one for each of its connections. */
export async function listLive(database: Queryable, teamId: string, reviewId: string): Promise<string[]> {
  const { rows } = await database.query<{ id: string }>(
    `SELECT id FROM promotion WHERE team_id = $1 AND review_id = $2 AND state = 'live' ORDER BY id DESC LIMIT 100`,
    [uuidFromId(teamId), uuidFromId(reviewId)],
  );
  return rows.map(({ id }) => idFromUuid(idPrefixes.promotion, id));
}
