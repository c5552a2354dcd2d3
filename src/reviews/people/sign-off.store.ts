import type pg from 'pg';
import { idFromUuid, idPrefixes, uuidFromId } from '../../ids/id.rules.ts';
import type { SignOffOnRecord } from '../review.ts';
import type { EvidenceSet } from './evidence-set.rules.ts';

type Queryable = Pick<pg.Pool, 'query'>;

/** A sign-off with its end, if it was taken back. */
export type StoredSignOff = SignOffOnRecord & { withdrawnAtMs: number | null };

type Row = {
  id: string;
  review_id: string;
  duty: string;
  member_id: string;
  evidence_hash: string;
  remark: string | null;
  signed_at: Date;
  withdrawn_at: Date | null;
};

const columns = 'id, review_id, duty, member_id, evidence_hash, remark, signed_at, withdrawn_at';

function toSignOff(row: Row): StoredSignOff {
  return {
    id: idFromUuid(idPrefixes.signOff, row.id),
    reviewId: idFromUuid(idPrefixes.review, row.review_id),
    duty: row.duty,
    memberId: idFromUuid(idPrefixes.member, row.member_id),
    evidenceHash: row.evidence_hash,
    signedAtMs: row.signed_at.getTime(),
    remark: row.remark,
    withdrawnAtMs: row.withdrawn_at?.getTime() ?? null,
  };
}

/** All of a review, oldest first, those that were taken back too. */
export async function listSignOffRows(database: Queryable, teamId: string, reviewId: string): Promise<StoredSignOff[]> {
  const { rows } = await database.query<Row>(
    `SELECT ${columns} FROM sign_off WHERE team_id = $1 AND review_id = $2 ORDER BY id`,
    [uuidFromId(teamId), uuidFromId(reviewId)],
  );
  return rows.map(toSignOff);
}

/** What was signed: to say what changed since. Null when there is no such sign-off. */
export async function findSignedSet(database: Queryable, teamId: string, id: string): Promise<EvidenceSet | null> {
  const { rows } = await database.query<{ evidence_set: EvidenceSet }>(
    'SELECT evidence_set FROM sign_off WHERE team_id = $1 AND id = $2',
    [uuidFromId(teamId), uuidFromId(id)],
  );
  return rows[0]?.evidence_set ?? null;
}

export async function insertSignOff(
  database: Queryable,
  { teamId, signOff, evidenceSet }: { teamId: string; signOff: SignOffOnRecord; evidenceSet: EvidenceSet },
): Promise<void> {
  await database.query(
    `INSERT INTO sign_off (team_id, id, review_id, duty, member_id, evidence_hash, evidence_set, remark, signed_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      uuidFromId(teamId),
      uuidFromId(signOff.id),
      uuidFromId(signOff.reviewId),
      signOff.duty,
      uuidFromId(signOff.memberId),
      signOff.evidenceHash,
      JSON.stringify(evidenceSet),
      signOff.remark,
      new Date(signOff.signedAtMs),
    ],
  );
}

export async function noteSignOffWithdrawn(
  database: Queryable,
  { teamId, id, atMs }: { teamId: string; id: string; atMs: number },
): Promise<void> {
  await database.query(
    'UPDATE sign_off SET withdrawn_at = $3 WHERE team_id = $1 AND id = $2 AND withdrawn_at IS NULL',
    [uuidFromId(teamId), uuidFromId(id), new Date(atMs)],
  );
}
