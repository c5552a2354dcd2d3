import { uuidFromId } from '../../../ids/id.rules.ts';
import { findArchivePlan } from '../../../providers/archive-plans.ts';
import type { Collector, Subject } from '../../finding.ts';
import { dayMs } from '../../finding.rules.ts';
import type { GatheringContext } from '../../instruments.ts';
import { uuidsOf, uuidSince } from '../../subject-uuids.ts';
import { listNewestDocuments, type NewestDocument } from '../archived-documents.ts';
import {
  type ArchivedDocumentFact,
  type ArchiveFacts,
  judgeArchive,
} from './compliance.archive.signed-documents-complete.rules.ts';

const examinedMost = 200;
const bytesMost = 256 * 1024 * 1024;
const examineWithinMs = 8_000;
const atOnce = 2;
const eventsMost = 200_000;
const settlingMs = 3_600_000;

export const signedDocumentsComplete: Collector<ArchiveFacts> = {
  checkId: 'compliance.archive.signed-documents-complete',
  version: 1,
  async gather(context: GatheringContext, subject) {
    const connection = context.connections.find(subject.id);
    if (connection === null) throw new Error(`${subject.id} cannot be read`);
    const plan = connection.archive ? findArchivePlan(connection.profile.name) : null;
    if (plan === null) return { concerned: false };
    const joined = await joinCompletions(context, subject, {
      sources: connection.sourceIds.map(uuidFromId),
      types: plan.completionEvents,
    });
    const newest = await listNewestDocuments(context, subject, { kinds: [], limit: examinedMost });
    const examined = await examine(context, connection.teamId, newest);
    return { concerned: true, ...joined, toExamine: newest.length, examined };
  },
  judge: judgeArchive,
};

type Joined = { completed: number; lacking: number; examples: string[] };

/** What events told of since the connection began, beside the jobs and whole documents of the same subject. */
async function joinCompletions(
  context: GatheringContext,
  subject: Subject,
  of: { sources: readonly string[]; types: readonly string[] },
): Promise<Joined> {
  const { team, own } = uuidsOf(subject);
  const [connection] = await context.query<{ atMs: number }>(
    `SELECT (extract(epoch FROM created_at) * 1000)::double precision AS "atMs" FROM connection WHERE team_id = $1 AND id = $2`,
    [team, own],
  );
  const fromMs = Math.max(context.nowMs - 30 * dayMs, connection?.atMs ?? 0);
  const [found] = await context.query<Joined>(
    `WITH told AS (SELECT DISTINCT subject, type FROM (SELECT ordering_key AS subject, type FROM event
          WHERE team_id = $1 AND source_id = ANY ($3) AND id >= $4 AND id < $5 ORDER BY id DESC LIMIT ${eventsMost}) e
        WHERE type = ANY ($6)),
      joined AS (SELECT t.subject, j.state = 'stored' AND (SELECT coalesce(bool_and(p.whole), false)
            FROM (SELECT bool_or(d.state = 'stored') AS whole FROM archived_document d WHERE d.team_id = $1
              AND d.job_id = j.id AND d.subject = t.subject GROUP BY d.path) p) AS whole
        FROM told t LEFT JOIN archive_job j
          ON j.team_id = $1 AND j.connection_id = $2 AND j.subject = t.subject AND j.completion = t.type)
      SELECT count(*)::integer AS completed, (count(*) FILTER (WHERE whole IS NOT TRUE))::integer AS lacking,
        coalesce((array_agg(coalesce(subject, 'one that names none') ORDER BY subject) FILTER (WHERE whole IS NOT TRUE))[1:5],
          '{}') AS examples
      FROM joined`,
    [team, own, of.sources, uuidSince(fromMs), uuidSince(context.nowMs - settlingMs), of.types],
  );
  return found ?? { completed: 0, lacking: 0, examples: [] };
}

/** In turn, two at once, until they are too many bytes or take too long. */
async function examine(
  context: GatheringContext,
  teamId: string,
  documents: readonly NewestDocument[],
): Promise<ArchivedDocumentFact[]> {
  const startedAtMs = performance.now();
  const examined: ArchivedDocumentFact[] = [];
  const waiting = documents.values();
  let bytes = 0;
  const work = async (): Promise<void> => {
    for (const document of waiting) {
      bytes += document.sizeBytes;
      const isFirst = examined.length === 0;
      if (!isFirst && (bytes > bytesMost || performance.now() - startedAtMs > examineWithinMs)) return;
      const found = await context.examineDocument({ teamId, document, nowMs: context.nowMs });
      const { id, kind, contentType } = document;
      examined.push({ ...found, id, kind, isPdf: contentType === 'application/pdf' });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return examined;
}
