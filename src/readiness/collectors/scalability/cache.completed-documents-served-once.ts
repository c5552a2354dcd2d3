import type { Collector } from '../../finding.ts';
import type { GatheringContext } from '../../instruments.ts';
import { dayMs } from '../../finding.rules.ts';
import { uuidFromId } from '../../../ids/id.rules.ts';
import { uuidsOf, uuidSince } from '../../subject-uuids.ts';
import { judgeRepeatedReads, type RepeatedReads } from './cache.completed-documents-served-once.rules.ts';

const readsMost = 10_000;
const eventsMost = 20_000;

type Read = { id: string; subject: string | null; path: string; cache: string | null };

export const completedServedOnce: Collector<RepeatedReads> = {
  checkId: 'cache.completed-documents-served-once',
  version: 1,
  async gather(context: GatheringContext, subject) {
    const connection = context.connections.find(subject.id);
    if (connection === null) throw new Error(`${subject.id} cannot be read`);
    const { profile, sourceIds } = connection;
    if (profile.completionEvents.length === 0)
      return { concerned: false, repeats: 0, fromMemory: 0, unfinishedFromMemory: 0 };
    const { team, own } = uuidsOf(subject);
    const since = uuidSince(context.nowMs - 7 * dayMs);
    const completions = await context.query<{ subject: string; id: string }>(
      `SELECT subject, min(id::text) AS id FROM (SELECT ordering_key AS subject, type, id FROM event WHERE team_id = $1
          AND source_id = ANY ($2) AND id >= $4 ORDER BY id DESC LIMIT ${eventsMost}) e
        WHERE type = ANY ($3) AND subject IS NOT NULL GROUP BY subject`,
      [team, sourceIds.map(uuidFromId), profile.completionEvents, since],
    );
    const completedAt = new Map(completions.map((each) => [each.subject, each.id]));
    const reads = await context.query<Read>(
      `SELECT * FROM (SELECT id::text AS id, subject, path, cache FROM call WHERE connection_id = $1 AND id >= $2
          AND method = 'GET' AND origin = 'egress' AND answered = 200 ORDER BY id DESC LIMIT ${readsMost}) c ORDER BY id`,
      [own, since],
    );
    const seen = new Set<string>();
    let [repeats, fromMemory, unfinishedFromMemory] = [0, 0, 0];
    for (const { id, subject: of, path, cache } of reads) {
      const url = new URL(path, 'http://provider');
      const isFixed = profile.isImmutable({ method: 'GET', path: url.pathname, query: url.searchParams });
      if (cache === 'hit' && !isFixed) unfinishedFromMemory += 1;
      const completed = of === null ? undefined : completedAt.get(of);
      if (!isFixed || completed === undefined || completed > id) continue;
      if (seen.has(path)) {
        repeats += 1;
        if (cache !== null) fromMemory += 1;
      }
      seen.add(path);
    }
    return { concerned: true, repeats, fromMemory, unfinishedFromMemory };
  },
  judge: judgeRepeatedReads,
};
