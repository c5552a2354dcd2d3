import type pg from 'pg';
import { idFromUuid, idPrefixes } from '../ids/id.rules.ts';

/**
 * Takes the next review that is worked on or watched and that is due, for this node: no other takes it before `nextMs`.
 * @returns null when none is due
 */
export async function claimDueReview(
  database: Pick<pg.Pool, 'query'>,
  { nowMs, nextMs }: { nowMs: number; nextMs: number },
): Promise<{ teamId: string; reviewId: string } | null> {
  const { rows } = await database.query<{ team_id: string; review_id: string }>(
    `INSERT INTO review_upkeep AS u (team_id, review_id, next_at)
      SELECT r.team_id, r.id, to_timestamp($2::double precision / 1000) FROM review r
        JOIN team t ON t.id = r.team_id AND t.deleted_at IS NULL
        LEFT JOIN review_upkeep d ON d.team_id = r.team_id AND d.review_id = r.id
        WHERE r.status <> 'closed' AND (d.next_at IS NULL OR d.next_at <= to_timestamp($1::double precision / 1000))
        ORDER BY d.next_at NULLS FIRST LIMIT 1
      ON CONFLICT (team_id, review_id) DO UPDATE SET next_at = excluded.next_at
        WHERE u.next_at <= to_timestamp($1::double precision / 1000)
      RETURNING team_id, review_id`,
    [nowMs, nextMs],
  );
  const [row] = rows;
  if (row === undefined) return null;
  return { teamId: idFromUuid(idPrefixes.team, row.team_id), reviewId: idFromUuid(idPrefixes.review, row.review_id) };
}
