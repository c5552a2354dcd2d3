import type pg from 'pg';
import { idFromUuid, idPrefixes, uuidFromId } from '../ids/id.rules.ts';
import type { DocumentKind } from '../providers/archive-plan.ts';
import type { ArchivedDocument, DocumentState } from './archived-document.ts';

type Queryable = Pick<pg.Pool, 'query'>;

type Row = {
  team_id: string;
  id: string;
  job_id: string;
  connection_id: string;
  provider: string;
  subject: string;
  kind: DocumentKind;
  name: string;
  content_type: string;
  sha256: Buffer;
  size_bytes: string;
  call_id: string | null;
  state: DocumentState;
  stored_at: Date;
  verified_at: Date | null;
};
const columns = `d.team_id, d.id, d.job_id, d.connection_id, d.provider, d.subject, d.kind, d.name, d.content_type,
  d.sha256, d.size_bytes, d.call_id, d.state, d.stored_at, d.verified_at`;

function toDocument(row: Row): ArchivedDocument {
  return {
    id: idFromUuid(idPrefixes.archivedDocument, row.id),
    jobId: idFromUuid(idPrefixes.archiveJob, row.job_id),
    connectionId: idFromUuid(idPrefixes.connection, row.connection_id),
    provider: row.provider,
    subject: row.subject,
    kind: row.kind,
    name: row.name,
    contentType: row.content_type,
    sha256: row.sha256.toString('hex'),
    sizeBytes: Number(row.size_bytes),
    callId: row.call_id === null ? null : idFromUuid(idPrefixes.call, row.call_id),
    state: row.state,
    storedAt: row.stored_at.toISOString(),
    verifiedAt: row.verified_at?.toISOString() ?? null,
  };
}

/** A document whose bytes are in the blob store. `path` is where the provider has it. */
export type NewDocument = Omit<ArchivedDocument, 'state' | 'storedAt' | 'verifiedAt'> & {
  teamId: string;
  path: string;
  verifyInMs: number;
};

/** Equal bytes of one job and path are one document, which is whole again when it was damaged. */
export async function insertDocument(database: Queryable, document: NewDocument): Promise<void> {
  await database.query(
    `INSERT INTO archived_document (team_id, id, job_id, connection_id, provider, subject, kind, name, path,
        content_type, sha256, size_bytes, call_id, verify_due_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, now() + make_interval(secs => $14))
      ON CONFLICT (team_id, job_id, path, sha256) DO UPDATE
        SET state = 'stored', fetched_at = now(), verify_due_at = excluded.verify_due_at`,
    [
      uuidFromId(document.teamId),
      uuidFromId(document.id),
      uuidFromId(document.jobId),
      uuidFromId(document.connectionId),
      document.provider,
      document.subject,
      document.kind,
      document.name,
      document.path,
      document.contentType,
      Buffer.from(document.sha256, 'hex'),
      document.sizeBytes,
      document.callId === null ? null : uuidFromId(document.callId),
      document.verifyInMs / 1000,
    ],
  );
}

/** Paths of the documents that the present effort of a job has got already. */
export async function listFetchedPaths(database: Queryable, teamId: string, jobId: string): Promise<Set<string>> {
  const { rows } = await database.query<{ path: string }>(
    `SELECT d.path FROM archived_document d JOIN archive_job j ON j.team_id = d.team_id AND j.id = d.job_id
      WHERE d.team_id = $1 AND d.job_id = $2 AND d.fetched_at >= j.since AND d.state = 'stored'`,
    [uuidFromId(teamId), uuidFromId(jobId)],
  );
  return new Set(rows.map((row) => row.path));
}

export async function findDocument(
  database: Queryable,
  teamId: string,
  documentId: string,
): Promise<ArchivedDocument | null> {
  const { rows } = await database.query<Row>(
    `SELECT ${columns} FROM archived_document d WHERE team_id = $1 AND id = $2`,
    [uuidFromId(teamId), uuidFromId(documentId)],
  );
  return rows[0] === undefined ? null : toDocument(rows[0]);
}

export type DocumentFilter = {
  connectionId?: string | undefined;
  subject?: string | undefined;
  kind?: DocumentKind | undefined;
  state?: DocumentState | undefined;
  /** Stored at or after, and before. */
  sinceMs?: number | undefined;
  untilMs?: number | undefined;
};

/** Newest first; up to `limit` older than `after`. */
export async function listDocumentRows(
  database: Queryable,
  input: { teamId: string; filter: DocumentFilter; limit: number; after: string | null },
): Promise<ArchivedDocument[]> {
  const { connectionId, subject, kind, state, sinceMs, untilMs } = input.filter;
  const { rows } = await database.query<Row>(
    `SELECT ${columns} FROM archived_document d
      WHERE team_id = $1 AND ($3::uuid IS NULL OR id < $3) AND ($4::uuid IS NULL OR connection_id = $4)
        AND ($5::text IS NULL OR subject = $5) AND ($6::text IS NULL OR kind = $6) AND ($7::text IS NULL OR state = $7)
        AND ($8::double precision IS NULL OR stored_at >= to_timestamp($8 / 1000))
        AND ($9::double precision IS NULL OR stored_at < to_timestamp($9 / 1000))
      ORDER BY id DESC LIMIT $2`,
    [
      uuidFromId(input.teamId),
      input.limit,
      input.after === null ? null : uuidFromId(input.after),
      connectionId === undefined ? null : uuidFromId(connectionId),
      subject ?? null,
      kind ?? null,
      state ?? null,
      sinceMs ?? null,
      untilMs ?? null,
    ],
  );
  return rows.map(toDocument);
}

/** A document of a team, to be verified. */
export type DocumentToVerify = { teamId: string; document: ArchivedDocument };

/** Takes the document whose verification is due the longest, and keeps others off it for `leaseMs`. */
export async function claimDocumentToVerify(database: Queryable, leaseMs: number): Promise<DocumentToVerify | null> {
  const { rows } = await database.query<Row>(
    `WITH c AS MATERIALIZED (SELECT team_id, id FROM archived_document WHERE verify_due_at <= now()
        ORDER BY verify_due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
     UPDATE archived_document d SET verify_due_at = now() + make_interval(secs => $1)
      FROM c WHERE d.team_id = c.team_id AND d.id = c.id RETURNING ${columns}`,
    [leaseMs / 1000],
  );
  const row = rows[0];
  return row === undefined ? null : { teamId: idFromUuid(idPrefixes.team, row.team_id), document: toDocument(row) };
}

/** Documents that follow `after`, made before `before`, and not found whole since `unlessSince`; oldest first. */
export async function listToVerify(
  database: Queryable,
  input: { teamId: string; after: string | null; before: string; unlessSince: Date; limit: number },
): Promise<ArchivedDocument[]> {
  const { rows } = await database.query<Row>(
    `SELECT ${columns} FROM archived_document d
      WHERE team_id = $1 AND ($2::uuid IS NULL OR id > $2) AND id < $3
        AND (state <> 'stored' OR verified_at IS NULL OR verified_at < $4) ORDER BY id LIMIT $5`,
    [
      uuidFromId(input.teamId),
      input.after === null ? null : uuidFromId(input.after),
      uuidFromId(input.before),
      input.unlessSince,
      input.limit,
    ],
  );
  return rows.map(toDocument);
}

/**
 * Writes what a verification found.
 * @returns the state before; null when the document is gone.
 */
export async function markVerified(
  database: Queryable,
  input: { teamId: string; documentId: string; state: DocumentState; verifyInMs: number },
): Promise<DocumentState | null> {
  const { rows } = await database.query<{ before: DocumentState }>(
    `UPDATE archived_document d SET state = $3, verified_at = now(), verify_due_at = now() + make_interval(secs => $4)
      FROM (SELECT state AS before FROM archived_document WHERE team_id = $1 AND id = $2 FOR UPDATE) o
      WHERE d.team_id = $1 AND d.id = $2 RETURNING o.before`,
    [uuidFromId(input.teamId), uuidFromId(input.documentId), input.state, input.verifyInMs / 1000],
  );
  return rows[0]?.before ?? null;
}
