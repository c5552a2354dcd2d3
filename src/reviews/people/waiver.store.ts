import type pg from 'pg';
import { idFromUuid, idPrefixes, uuidFromId } from '../../ids/id.rules.ts';
import type { SubjectKind } from '../../readiness/check-definition.ts';
import type { WaiverOnRecord } from '../review.ts';

type Queryable = Pick<pg.Pool, 'query'>;
type Row = {
  id: string;
  review_id: string;
  check_id: string;
  subject_kind: SubjectKind;
  subject_id: string;
  requested_by: string;
  owner: string;
  reason: string;
  control: string;
  requested_at: Date;
  expires_at: Date;
  approved_by: string | null;
  approved_at: Date | null;
  ended_at: Date | null;
};

const columns = `id, review_id, check_id, subject_kind, subject_id, requested_by, owner, reason, control, requested_at,
  expires_at, approved_by, approved_at, ended_at`;
const memberId = (uuid: string): string => idFromUuid(idPrefixes.member, uuid);

function toWaiver(row: Row): WaiverOnRecord {
  const { approved_by: by, approved_at: at } = row;
  return {
    id: idFromUuid(idPrefixes.waiver, row.id),
    reviewId: idFromUuid(idPrefixes.review, row.review_id),
    checkId: row.check_id,
    subject: { kind: row.subject_kind, id: row.subject_id },
    requestedBy: memberId(row.requested_by),
    owner: memberId(row.owner),
    reason: row.reason,
    control: row.control,
    requestedAtMs: row.requested_at.getTime(),
    expiresAtMs: row.expires_at.getTime(),
    approval: by === null || at === null ? null : { by: memberId(by), atMs: at.getTime() },
    endedAtMs: row.ended_at?.getTime() ?? null,
  };
}

/** All of a review, oldest first. */
export async function listWaiverRows(database: Queryable, teamId: string, reviewId: string): Promise<WaiverOnRecord[]> {
  const { rows } = await database.query<Row>(
    `SELECT ${columns} FROM waiver WHERE team_id = $1 AND review_id = $2 ORDER BY id`,
    [uuidFromId(teamId), uuidFromId(reviewId)],
  );
  return rows.map(toWaiver);
}

export async function findWaiver(
  database: Queryable,
  { teamId, reviewId, id }: { teamId: string; reviewId: string; id: string },
): Promise<WaiverOnRecord | null> {
  const { rows } = await database.query<Row>(
    `SELECT ${columns} FROM waiver WHERE team_id = $1 AND id = $2 AND review_id = $3`,
    [uuidFromId(teamId), uuidFromId(id), uuidFromId(reviewId)],
  );
  return rows[0] === undefined ? null : toWaiver(rows[0]);
}

export async function insertWaiver(database: Queryable, teamId: string, waiver: WaiverOnRecord): Promise<void> {
  await database.query(
    `INSERT INTO waiver (team_id, id, review_id, check_id, subject_kind, subject_id, requested_by, owner, reason, control,
        requested_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      uuidFromId(teamId),
      uuidFromId(waiver.id),
      uuidFromId(waiver.reviewId),
      waiver.checkId,
      waiver.subject.kind,
      waiver.subject.id,
      uuidFromId(waiver.requestedBy),
      uuidFromId(waiver.owner),
      waiver.reason,
      waiver.control,
      new Date(waiver.requestedAtMs),
      new Date(waiver.expiresAtMs),
    ],
  );
}

/** Notes a turn of a waiver: it was approved; or it ended, refused or taken back. */
export async function noteOnWaiver(
  database: Queryable,
  input: { teamId: string; id: string; turn: 'approved' | 'ended'; by: string; atMs: number },
): Promise<void> {
  const { teamId, id, turn, by, atMs } = input;
  await database.query(
    `UPDATE waiver SET ${turn}_by = $3, ${turn}_at = $4 WHERE team_id = $1 AND id = $2 AND ${turn}_at IS NULL`,
    [uuidFromId(teamId), uuidFromId(id), uuidFromId(by), new Date(atMs)],
  );
}
