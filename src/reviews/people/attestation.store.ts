import type pg from 'pg';
import { idFromUuid, idPrefixes, uuidFromId } from '../../ids/id.rules.ts';
import type { SubjectKind } from '../../readiness/check-definition.ts';
import type { AttestationOnRecord } from '../review.ts';
import type { Proof } from './attestation.rules.ts';

type Queryable = Pick<pg.Pool, 'query'>;

/** An attestation with its end, if it was taken back. Times in ms since 1970. */
export type StoredAttestation = AttestationOnRecord & { withdrawn: { by: string; atMs: number } | null };

type Row = {
  id: string;
  check_id: string;
  subject_kind: SubjectKind;
  subject_id: string;
  author: string;
  proofs: Proof[];
  note: string | null;
  attested_at: Date;
  expires_at: Date;
  reviewed_by: string | null;
  reviewed_at: Date | null;
  withdrawn_by: string | null;
  withdrawn_at: Date | null;
};

const columns = `id, check_id, subject_kind, subject_id, author, proofs, note, attested_at, expires_at, reviewed_by,
  reviewed_at, withdrawn_by, withdrawn_at`;
const memberId = (uuid: string): string => idFromUuid(idPrefixes.member, uuid);
const turn = (by: string | null, at: Date | null) =>
  by === null || at === null ? null : { by: memberId(by), atMs: at.getTime() };

function toAttestation(row: Row): StoredAttestation {
  return {
    id: idFromUuid(idPrefixes.attestation, row.id),
    checkId: row.check_id,
    subject: { kind: row.subject_kind, id: row.subject_id },
    author: memberId(row.author),
    proofs: row.proofs,
    note: row.note,
    attestedAtMs: row.attested_at.getTime(),
    expiresAtMs: row.expires_at.getTime(),
    review: turn(row.reviewed_by, row.reviewed_at),
    withdrawn: turn(row.withdrawn_by, row.withdrawn_at),
  };
}

export async function insertAttestation(
  database: Queryable,
  teamId: string,
  attestation: Omit<AttestationOnRecord, 'review'>,
): Promise<void> {
  const { id, checkId, subject, author, proofs, note, attestedAtMs, expiresAtMs } = attestation;
  await database.query(
    `INSERT INTO attestation (team_id, id, check_id, subject_kind, subject_id, author, proofs, note, attested_at, expires_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      uuidFromId(teamId),
      uuidFromId(id),
      checkId,
      subject.kind,
      subject.id,
      uuidFromId(author),
      JSON.stringify(proofs),
      note,
      new Date(attestedAtMs),
      new Date(expiresAtMs),
    ],
  );
}

export async function findAttestation(
  database: Queryable,
  teamId: string,
  id: string,
): Promise<StoredAttestation | null> {
  const { rows } = await database.query<Row>(`SELECT ${columns} FROM attestation WHERE team_id = $1 AND id = $2`, [
    uuidFromId(teamId),
    uuidFromId(id),
  ]);
  return rows[0] === undefined ? null : toAttestation(rows[0]);
}

/**
 * The newest of each check and subject, unless it was taken back: what was said before it does not come to life again.
 */
export async function listNewestAttestations(database: Queryable, teamId: string): Promise<StoredAttestation[]> {
  const { rows } = await database.query<Row>(
    `SELECT DISTINCT ON (check_id, subject_kind, subject_id) ${columns} FROM attestation
      WHERE team_id = $1 ORDER BY check_id, subject_kind, subject_id, id DESC`,
    [uuidFromId(teamId)],
  );
  return rows.filter((row) => row.withdrawn_at === null).map(toAttestation);
}

/** Newest first, those that were taken back too; of one check where one is named. */
export async function listAttestationRows(
  database: Queryable,
  page: { teamId: string; checkId: string | null; limit: number; after: string | null },
): Promise<StoredAttestation[]> {
  const { rows } = await database.query<Row>(
    `SELECT ${columns} FROM attestation WHERE team_id = $1 AND ($2::text IS NULL OR check_id = $2)
      AND ($3::uuid IS NULL OR id < $3) ORDER BY id DESC LIMIT $4`,
    [uuidFromId(page.teamId), page.checkId, page.after === null ? null : uuidFromId(page.after), page.limit],
  );
  return rows.map(toAttestation);
}

/** Notes a turn of an attestation: somebody confirmed it, or took it back. */
export async function noteOnAttestation(
  database: Queryable,
  input: { teamId: string; id: string; turn: 'reviewed' | 'withdrawn'; by: string; atMs: number },
): Promise<void> {
  const { teamId, id, turn: which, by, atMs } = input;
  await database.query(
    `UPDATE attestation SET ${which}_by = $3, ${which}_at = $4 WHERE team_id = $1 AND id = $2 AND ${which}_at IS NULL`,
    [uuidFromId(teamId), uuidFromId(id), uuidFromId(by), new Date(atMs)],
  );
}
