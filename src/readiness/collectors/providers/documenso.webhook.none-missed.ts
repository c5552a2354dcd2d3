import type { Collector } from '../../finding.ts';
import type { GatheringContext } from '../../instruments.ts';
import { dayMs } from '../../finding.rules.ts';
import { uuidFromId } from '../../../ids/id.rules.ts';
import { uuidsOf, uuidSince } from '../../subject-uuids.ts';
import { type EndedDocument, judgeMissed, type MissedFacts, readPage } from './documenso.webhook.none-missed.rules.ts';
import { readOwn } from './own-read.ts';

const perPage = 20;
const eventsMost = 200_000;
const pagesMost = 25;
const readWithinMs = 10_000;
const settlingMs = 3 * 3_600_000;
const statuses = ['COMPLETED', 'REJECTED'];
const endTypes = ['DOCUMENT_COMPLETED', 'DOCUMENT_REJECTED'];

export const noWebhookMissed: Collector<MissedFacts> = {
  checkId: 'documenso.webhook.none-missed',
  version: 1,
  async gather(context: GatheringContext, subject) {
    const connection = context.connections.find(subject.id);
    if (connection === null) throw new Error(`${subject.id} cannot be read`);
    if (connection.profile.name !== 'documenso') return { concerned: false, why: 'It is no connection to Documenso.' };
    if (connection.sourceIds.length === 0) return { concerned: false, why: 'No source of webhooks belongs to it.' };
    const lists = await Promise.all(statuses.map((status) => listEnded(context, subject.id, status)));
    const { team } = uuidsOf(subject);
    const fromMs = context.nowMs - 7 * dayMs;
    const ended = lists
      .flatMap(({ documents }) => documents)
      .filter(({ endedAtMs }) => endedAtMs >= fromMs && endedAtMs < context.nowMs - settlingMs);
    const ids = ended.map(({ id }) => id);
    const sources = connection.sourceIds.map(uuidFromId);
    const since = uuidSince(fromMs - dayMs);
    const beyond = await context.query(
      `SELECT FROM event WHERE team_id = $1 AND source_id = ANY ($2) AND id >= $3 OFFSET ${eventsMost} LIMIT 1`,
      [team, sources, since],
    );
    if (beyond.length > 0) {
      const obstacle = `More than ${eventsMost} webhooks came in 8 days: too many to look through.`;
      return { concerned: true, obstacle, ended: [], known: [] };
    }
    const known = await context.query<{ id: string }>(
      `SELECT DISTINCT ordering_key AS id FROM event WHERE team_id = $1 AND source_id = ANY ($2) AND id >= $3
          AND type = ANY ($4) AND ordering_key = ANY ($5)
        UNION SELECT subject FROM archived_document WHERE team_id = $1 AND subject = ANY ($5)`,
      [team, sources, since, endTypes, ids],
    );
    const obstacle = lists.find((list) => list.obstacle !== null)?.obstacle ?? null;
    return { concerned: true, obstacle, ended, known: known.map(({ id }) => id) };
  },
  judge: judgeMissed,
};

/** The order of the list is not relied on: all its pages are read, up to a bound. */
async function listEnded(
  context: GatheringContext,
  connectionId: string,
  status: string,
): Promise<{ documents: EndedDocument[]; obstacle: string | null }> {
  const documents: EndedDocument[] = [];
  const startedAtMs = performance.now();
  for (let page = 1; page <= pagesMost; page += 1) {
    if (performance.now() - startedAtMs > readWithinMs) return { documents, obstacle: 'Listing took too long.' };
    const path = `/api/v2/envelope?status=${status}&page=${page}&perPage=${perPage}`;
    const read = await readOwn(context, connectionId, path);
    const found = read.status === 200 ? readPage(read.body) : null;
    if (found === null) {
      return { documents, obstacle: `Documents could not be listed (${read.problem ?? read.status}).` };
    }
    documents.push(...found.documents);
    if (page >= found.pages) return { documents, obstacle: null };
  }
  return { documents, obstacle: `There are more than ${pagesMost * perPage} ${status.toLowerCase()} documents.` };
}
