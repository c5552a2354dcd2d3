import type pg from 'pg';
import { idFromUuid, idPrefixes, uuidFromId } from '../ids/id.rules.ts';

type Queryable = Pick<pg.Pool, 'query'>;

/** What somebody wrote about a review, or about one of its checks. */
export type Comment = {
  id: string;
  /** Null: about the review. */
  checkId: string | null;
  /** Null: about the check, whatever it is judged for. */
  subjectId: string | null;
  /** `operator`, or the id of a member or of an api key. */
  author: string;
  text: string;
  createdAtMs: number;
};

/** Only ever added. */
export async function insertComment(
  database: Queryable,
  { teamId, reviewId, comment }: { teamId: string; reviewId: string; comment: Comment },
): Promise<void> {
  await database.query(
    `INSERT INTO review_comment (team_id, review_id, id, check_id, subject_id, author, body, created_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7, to_timestamp($8::double precision / 1000))`,
    [
      uuidFromId(teamId),
      uuidFromId(reviewId),
      uuidFromId(comment.id),
      comment.checkId,
      comment.subjectId,
      comment.author,
      comment.text,
      comment.createdAtMs,
    ],
  );
}

export async function countComments(database: Queryable, teamId: string, reviewId: string): Promise<number> {
  const { rows } = await database.query<{ count: number }>(
    'SELECT count(*)::integer AS count FROM review_comment WHERE team_id = $1 AND review_id = $2',
    [uuidFromId(teamId), uuidFromId(reviewId)],
  );
  return rows[0]?.count ?? 0;
}

/** Newest first. @param page.checkId those about it alone; null: all of the review. */
export async function listCommentRows(
  database: Queryable,
  page: { teamId: string; reviewId: string; checkId: string | null; limit: number; after: string | null },
): Promise<Comment[]> {
  const { rows } = await database.query<{
    id: string;
    check_id: string | null;
    subject_id: string | null;
    author: string;
    body: string;
    created_at: Date;
  }>(
    `SELECT id, check_id, subject_id, author, body, created_at FROM review_comment
      WHERE team_id = $1 AND review_id = $2 AND ($3::text IS NULL OR check_id = $3) AND ($4::uuid IS NULL OR id < $4)
      ORDER BY id DESC LIMIT $5`,
    [
      uuidFromId(page.teamId),
      uuidFromId(page.reviewId),
      page.checkId,
      page.after === null ? null : uuidFromId(page.after),
      page.limit,
    ],
  );
  return rows.map((row) => ({
    id: idFromUuid(idPrefixes.reviewComment, row.id),
    checkId: row.check_id,
    subjectId: row.subject_id,
    author: row.author,
    text: row.body,
    createdAtMs: row.created_at.getTime(),
  }));
}
