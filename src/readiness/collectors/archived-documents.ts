import { idFromUuid, idPrefixes } from '../../ids/id.rules.ts';
import type { DocumentKind } from '../../providers/archive-plan.ts';
import type { Subject } from '../finding.ts';
import type { GatheringContext } from '../instruments.ts';
import { uuidsOf } from '../subject-uuids.ts';

export type NewestDocument = {
  id: string;
  kind: DocumentKind;
  contentType: string;
  sha256: string;
  sizeBytes: number;
};

/**
 * The newest documents of a connection, newest first; of each that was fetched more than once with other bytes, the bytes
 * that came last.
 * @param wanted.kinds empty: of every kind
 */
export async function listNewestDocuments(
  context: GatheringContext,
  subject: Subject,
  wanted: { kinds: readonly DocumentKind[]; limit: number },
): Promise<NewestDocument[]> {
  const { team, own } = uuidsOf(subject);
  const rows = await context.query<Omit<NewestDocument, 'id'> & { id: string }>(
    `SELECT d.id, d.kind, d.content_type AS "contentType", encode(d.sha256, 'hex') AS sha256,
        d.size_bytes::double precision AS "sizeBytes"
      FROM archived_document d WHERE d.team_id = $1 AND d.connection_id = $2 AND ($3::text[] = '{}' OR d.kind = ANY ($3))
        AND NOT EXISTS (SELECT FROM archived_document n WHERE n.team_id = d.team_id AND n.job_id = d.job_id
          AND n.path = d.path AND n.fetched_at > d.fetched_at)
      ORDER BY d.id DESC LIMIT $4`,
    [team, own, wanted.kinds, wanted.limit],
  );
  return rows.map((row) => ({ ...row, id: idFromUuid(idPrefixes.archivedDocument, row.id) }));
}
