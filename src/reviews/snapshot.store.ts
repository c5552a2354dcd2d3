import type pg from 'pg';
import { idFromUuid, idPrefixes, uuidFromId } from '../ids/id.rules.ts';
import type { EvidenceSet } from './people/evidence-set.rules.ts';

type Queryable = Pick<pg.Pool, 'query'>;

/** How a review stood when it was measured. */
export type Snapshot = {
  id: string;
  takenAtMs: number;
  /** When the gateway last found everything the same by itself. */
  confirmedAtMs: number;
  /** `posthorn`, `operator`, or the id of a member or of an api key. */
  takenBy: string;
  evidenceHash: string;
  passed: boolean;
  evidenceSet: EvidenceSet;
  /** By `<check> <subject>`. */
  evidenceIds: Readonly<Record<string, string>>;
};
type Row = {
  id: string;
  taken_at: Date;
  confirmed_at: Date;
  taken_by: string;
  evidence_hash: string;
  passed: boolean;
  evidence_set: EvidenceSet;
  evidence_ids: Record<string, string>;
};

const columns = 'id, taken_at, confirmed_at, taken_by, evidence_hash, passed, evidence_set, evidence_ids';
/** A review that is measured four times a day and changes every time keeps a quarter of a year. */
const keptSnapshots = 400;

function toSnapshot(row: Row): Snapshot {
  return {
    id: idFromUuid(idPrefixes.reviewSnapshot, row.id),
    takenAtMs: row.taken_at.getTime(),
    confirmedAtMs: row.confirmed_at.getTime(),
    takenBy: row.taken_by,
    evidenceHash: row.evidence_hash,
    passed: row.passed,
    evidenceSet: row.evidence_set,
    evidenceIds: row.evidence_ids,
  };
}

/** Adds one and drops those that are too many. */
export async function insertSnapshot(
  database: Queryable,
  { teamId, reviewId, snapshot }: { teamId: string; reviewId: string; snapshot: Snapshot },
): Promise<void> {
  await database.query(
    `INSERT INTO review_snapshot (team_id, review_id, id, taken_at, confirmed_at, taken_by, evidence_hash, passed,
        evidence_set, evidence_ids)
      VALUES ($1, $2, $3, to_timestamp($4::double precision / 1000), to_timestamp($4::double precision / 1000), $5, $6, $7,
        $8, $9)`,
    [
      uuidFromId(teamId),
      uuidFromId(reviewId),
      uuidFromId(snapshot.id),
      snapshot.takenAtMs,
      snapshot.takenBy,
      snapshot.evidenceHash,
      snapshot.passed,
      JSON.stringify(snapshot.evidenceSet),
      JSON.stringify(snapshot.evidenceIds),
    ],
  );
  await database.query(
    `DELETE FROM review_snapshot WHERE team_id = $1 AND review_id = $2 AND id <= (SELECT id FROM review_snapshot
      WHERE team_id = $1 AND review_id = $2 ORDER BY id DESC OFFSET $3 LIMIT 1)`,
    [uuidFromId(teamId), uuidFromId(reviewId), keptSnapshots],
  );
}

/** The newest one was found the same again. */
export async function confirmSnapshot(
  database: Queryable,
  { teamId, reviewId, id, atMs }: { teamId: string; reviewId: string; id: string; atMs: number },
): Promise<void> {
  await database.query(
    `UPDATE review_snapshot SET confirmed_at = to_timestamp($4::double precision / 1000)
      WHERE team_id = $1 AND review_id = $2 AND id = $3`,
    [uuidFromId(teamId), uuidFromId(reviewId), uuidFromId(id), atMs],
  );
}

/** Newest first; taken at `untilMs` or before. */
export async function listSnapshotRows(
  database: Queryable,
  page: { teamId: string; reviewId: string; limit: number; after: string | null; untilMs: number | null },
): Promise<Snapshot[]> {
  const { rows } = await database.query<Row>(
    `SELECT ${columns} FROM review_snapshot WHERE team_id = $1 AND review_id = $2 AND ($3::uuid IS NULL OR id < $3)
      AND ($4::double precision IS NULL OR taken_at <= to_timestamp($4 / 1000)) ORDER BY id DESC LIMIT $5`,
    [
      uuidFromId(page.teamId),
      uuidFromId(page.reviewId),
      page.after === null ? null : uuidFromId(page.after),
      page.untilMs,
      page.limit,
    ],
  );
  return rows.map(toSnapshot);
}

export async function findSnapshot(
  database: Queryable,
  { teamId, reviewId, id }: { teamId: string; reviewId: string; id: string },
): Promise<Snapshot | null> {
  const { rows } = await database.query<Row>(
    `SELECT ${columns} FROM review_snapshot WHERE team_id = $1 AND review_id = $2 AND id = $3`,
    [uuidFromId(teamId), uuidFromId(reviewId), uuidFromId(id)],
  );
  return rows[0] === undefined ? null : toSnapshot(rows[0]);
}
