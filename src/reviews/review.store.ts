import type pg from 'pg';
import { idFromUuid, idPrefixes, uuidFromId } from '../ids/id.rules.ts';
import type { Review, ReviewStatus } from './review.ts';

type Queryable = Pick<pg.Pool, 'query'>;
type Row = {
  team_id: string;
  id: string;
  name: string;
  checklists: string[];
  integration: Review['integration'];
  answers: Review['answers'];
  status: ReviewStatus;
  because: string | null;
  waiver_cap: number;
  created_at: Date;
  updated_at: Date;
  version: number;
};

const columns =
  'team_id, id, name, checklists, integration, answers, status, because, waiver_cap, created_at, updated_at, version';

/** What a person writes of a review. */
export type ReviewFields = Pick<Review, 'name' | 'checklists' | 'integration' | 'answers' | 'waiverCap'>;

function toReview(row: Row): Review {
  return {
    id: idFromUuid(idPrefixes.review, row.id),
    teamId: idFromUuid(idPrefixes.team, row.team_id),
    name: row.name,
    checklists: row.checklists,
    integration: row.integration,
    answers: row.answers,
    status: row.status,
    because: row.because,
    waiverCap: row.waiver_cap,
    createdAtMs: row.created_at.getTime(),
    updatedAtMs: row.updated_at.getTime(),
    version: row.version,
  };
}

function parametersOf({ name, checklists, integration, answers, waiverCap }: ReviewFields): unknown[] {
  return [name, [...checklists], JSON.stringify(integration), JSON.stringify(answers), waiverCap];
}

export async function insertReview(
  database: Queryable,
  { teamId, id, fields, atMs }: { teamId: string; id: string; fields: ReviewFields; atMs: number },
): Promise<Review> {
  const { rows } = await database.query<Row>(
    `INSERT INTO review (team_id, id, name, checklists, integration, answers, waiver_cap, status, created_at, updated_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7, 'open', to_timestamp($8::double precision / 1000),
        to_timestamp($8::double precision / 1000)) RETURNING ${columns}`,
    [uuidFromId(teamId), uuidFromId(id), ...parametersOf(fields), atMs],
  );
  return toReview(rows[0] as Row);
}

/** @param lock until the transaction ends. */
export async function findReview(
  database: Queryable,
  teamId: string,
  reviewId: string,
  lock: 'locked' | 'unlocked' = 'unlocked',
): Promise<Review | null> {
  const { rows } = await database.query<Row>(
    `SELECT ${columns} FROM review WHERE team_id = $1 AND id = $2 ${lock === 'locked' ? 'FOR NO KEY UPDATE' : ''}`,
    [uuidFromId(teamId), uuidFromId(reviewId)],
  );
  return rows[0] === undefined ? null : toReview(rows[0]);
}

/** Newest first. */
export async function listReviewRows(
  database: Queryable,
  input: { teamId: string; limit: number; after: string | null; status: ReviewStatus | null },
): Promise<Review[]> {
  const { rows } = await database.query<Row>(
    `SELECT ${columns} FROM review WHERE team_id = $1 AND ($3::uuid IS NULL OR id < $3)
      AND ($4::text IS NULL OR status = $4) ORDER BY id DESC LIMIT $2`,
    [uuidFromId(input.teamId), input.limit, input.after === null ? null : uuidFromId(input.after), input.status],
  );
  return rows.map(toReview);
}

/** Of teams that exist. */
export async function listReviewsByStatus(database: Queryable, statuses: readonly ReviewStatus[]): Promise<Review[]> {
  const { rows } = await database.query<Row>(
    `SELECT ${columns} FROM review r WHERE status = ANY ($1::text[])
      AND EXISTS (SELECT FROM team t WHERE t.id = r.team_id AND t.deleted_at IS NULL) ORDER BY team_id, id`,
    [[...statuses]],
  );
  return rows.map(toReview);
}

export async function countReviews(database: Queryable, teamId: string): Promise<number> {
  const { rows } = await database.query<{ count: number }>(
    'SELECT count(*)::integer AS count FROM review WHERE team_id = $1',
    [uuidFromId(teamId)],
  );
  return rows[0]?.count ?? 0;
}

export async function replaceReview(
  database: Queryable,
  { teamId, id }: Pick<Review, 'teamId' | 'id'>,
  change: { fields: ReviewFields; status: ReviewStatus; because: string | null; atMs: number },
): Promise<Review> {
  const { rows } = await database.query<Row>(
    `UPDATE review SET name = $3, checklists = $4, integration = $5, answers = $6, waiver_cap = $7, status = $8,
        because = $9, version = version + 1, updated_at = to_timestamp($10::double precision / 1000)
      WHERE team_id = $1 AND id = $2 RETURNING ${columns}`,
    [
      uuidFromId(teamId),
      uuidFromId(id),
      ...parametersOf(change.fields),
      change.status,
      change.because,
      Math.floor(change.atMs),
    ],
  );
  return toReview(rows[0] as Row);
}

/** What of an integration exists, with its provider where it has one. */
export async function readParts(
  database: Queryable,
  teamId: string,
): Promise<{ kind: 'source' | 'endpoint' | 'connection'; id: string; provider: string | null }[]> {
  const { rows } = await database.query<{
    kind: 'source' | 'endpoint' | 'connection';
    id: string;
    provider: string | null;
  }>(
    `SELECT 'source' AS kind, id, provider FROM source WHERE team_id = $1 AND deleted_at IS NULL
      UNION ALL SELECT 'endpoint', id, NULL FROM endpoint WHERE team_id = $1 AND deleted_at IS NULL
      UNION ALL SELECT 'connection', id, provider FROM connection WHERE team_id = $1 AND deleted_at IS NULL`,
    [uuidFromId(teamId)],
  );
  return rows.map(({ kind, id, provider }) => ({ kind, id: idFromUuid(idPrefixes[kind], id), provider }));
}
