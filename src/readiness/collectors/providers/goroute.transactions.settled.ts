import { subscribesTo } from '../../../endpoints/subscription.rules.ts';
import type { Collector } from '../../finding.ts';
import type { GatheringContext } from '../../instruments.ts';
import { dayMs } from '../../finding.rules.ts';
import { uuidFromId } from '../../../ids/id.rules.ts';
import { uuidsOf, uuidSince } from '../../subject-uuids.ts';
import { judgeTransactions, type Transactions } from './goroute.transactions.settled.rules.ts';

const eventsMost = 100_000;
const callsMost = 100_000;
const ends = ['transaction.delivered', 'transaction.failed'];

export const transactionsSettled: Collector<Transactions> = {
  checkId: 'goroute.transactions.settled',
  version: 1,
  async gather(context: GatheringContext, subject) {
    const connection = context.connections.find(subject.id);
    if (connection === null) throw new Error(`${subject.id} cannot be read`);
    const concerned = connection.profile.name === 'goroute';
    const nothing = { sends: 0, known: 0, toldByWebhook: 0, foundByReading: 0, open: [], failed: 0 };
    if (!concerned) return { concerned, ...nothing, failuresHaveTaker: false };
    const { team, own } = uuidsOf(subject);
    const since = uuidSince(context.nowMs - 30 * dayMs);
    const dayAgo = uuidSince(context.nowMs - dayMs);
    const sources = connection.sourceIds.map(uuidFromId);
    const rows = await context.query<{ subject: string; started: boolean; ended: boolean; failed: boolean }>(
      `SELECT ordering_key AS subject, min(id::text)::uuid < $5 AS started, bool_or(type = ANY ($4)) AS ended,
          bool_or(type = 'transaction.failed') AS failed
        FROM (SELECT ordering_key, type, id FROM event WHERE team_id = $1 AND source_id = ANY ($2) AND id >= $3
          AND type LIKE 'transaction.%' AND ordering_key IS NOT NULL ORDER BY id DESC LIMIT ${eventsMost}) e
        GROUP BY ordering_key ORDER BY min(id::text)`,
      [team, sources, since, ends, dayAgo],
    );
    const reads = await context.query<{ subject: string }>(
      `SELECT DISTINCT subject FROM (SELECT subject FROM call WHERE connection_id = $1 AND id >= $2 AND outcome = 1
          AND operation = 'transactions.get' AND subject IS NOT NULL ORDER BY id DESC LIMIT ${callsMost}) c`,
      [own, since],
    );
    const [sent] = await context.query<{ sends: number }>(
      `SELECT count(*)::integer AS sends FROM (SELECT FROM call WHERE connection_id = $1 AND id >= $2 AND id < $3
          AND operation = 'documents.send' AND outcome = 1 LIMIT ${callsMost}) c`,
      [own, since, dayAgo],
    );
    const patterns = await context.query<{ patterns: string[] }>(
      `SELECT event_types AS patterns FROM endpoint WHERE team_id = $1 AND deleted_at IS NULL AND status = 'active'
        AND (source_ids IS NULL OR source_ids && $2)`,
      [team, sources],
    );
    const read = new Set(reads.map((each) => each.subject));
    const unsettled = rows.filter(({ started, ended }) => started && !ended).map((each) => each.subject);
    return {
      concerned,
      sends: sent?.sends ?? 0,
      known: rows.length,
      toldByWebhook: rows.filter(({ ended }) => ended).length,
      // The ledger has that the state was asked for, not what it was: one read counts as knowing.
      foundByReading: unsettled.filter((each) => read.has(each)).length,
      open: unsettled.filter((each) => !read.has(each)),
      failed: rows.filter((each) => each.failed).length,
      failuresHaveTaker: patterns.some((each) => subscribesTo(each.patterns, 'transaction.failed')),
    };
  },
  judge: judgeTransactions,
};
