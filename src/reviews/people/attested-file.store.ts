import type pg from 'pg';
import { idFromUuid, idPrefixes, uuidFromId } from '../../ids/id.rules.ts';

type Queryable = Pick<pg.Pool, 'query'>;

/** A file that attestations may rest on. `sha256` in hex; `uploadedBy` is the id of a member. */
export type AttestedFile = {
  sha256: string;
  name: string;
  contentType: string;
  sizeBytes: number;
  uploadedBy: string;
  uploadedAtMs: number;
};

type Row = {
  sha256: string;
  name: string;
  content_type: string;
  size: number;
  uploaded_by: string;
  uploaded_at: Date;
};

const columns = `encode(sha256, 'hex') AS sha256, name, content_type, octet_length(bytes) AS size, uploaded_by, uploaded_at`;

function toFile(row: Row): AttestedFile {
  return {
    sha256: row.sha256,
    name: row.name,
    contentType: row.content_type,
    sizeBytes: row.size,
    uploadedBy: idFromUuid(idPrefixes.member, row.uploaded_by),
    uploadedAtMs: row.uploaded_at.getTime(),
  };
}

/** Those of the hashes that are stored, by hash. */
export async function findFiles(
  database: Queryable,
  teamId: string,
  hashes: readonly string[],
): Promise<Map<string, AttestedFile>> {
  const { rows } = await database.query<Row>(
    `SELECT ${columns} FROM attested_file WHERE team_id = $1 AND sha256 = ANY ($2::bytea[])`,
    [uuidFromId(teamId), hashes.map((hash) => Buffer.from(hash, 'hex'))],
  );
  return new Map(rows.map((row) => [row.sha256, toFile(row)]));
}

export async function readFileBytes(database: Queryable, teamId: string, sha256: string): Promise<Buffer | null> {
  const { rows } = await database.query<{ bytes: Buffer }>(
    'SELECT bytes FROM attested_file WHERE team_id = $1 AND sha256 = $2',
    [uuidFromId(teamId), Buffer.from(sha256, 'hex')],
  );
  return rows[0]?.bytes ?? null;
}

/** How many bytes the files of a team take. */
export async function sumFileBytes(database: Queryable, teamId: string): Promise<number> {
  const { rows } = await database.query<{ sum: number }>(
    'SELECT coalesce(sum(octet_length(bytes)), 0)::double precision AS sum FROM attested_file WHERE team_id = $1',
    [uuidFromId(teamId)],
  );
  return rows[0]?.sum ?? 0;
}

export async function insertFile(
  database: Queryable,
  teamId: string,
  file: Omit<AttestedFile, 'sizeBytes'>,
  bytes: Buffer,
): Promise<void> {
  await database.query(
    `INSERT INTO attested_file (team_id, sha256, name, content_type, bytes, uploaded_by, uploaded_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [
      uuidFromId(teamId),
      Buffer.from(file.sha256, 'hex'),
      file.name,
      file.contentType,
      bytes,
      uuidFromId(file.uploadedBy),
      new Date(file.uploadedAtMs),
    ],
  );
}
