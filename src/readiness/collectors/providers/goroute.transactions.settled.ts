import { subscribesTo } from '../../../endpoints/subscription.rules.ts';
import type { Collector } from '../../finding.ts';
import type { GatheringContext } from '../../instruments.ts';
import { dayMs } from '../../finding.rules.ts';
import { uuidFromId } from '../../../ids/id.rules.ts';
import { uuidsOf, uuidSince } from '../../subject-uuids.ts';
import { judgeTransactions, type Transactions } from './goroute.transactions.settled.rules.ts';

const eventsMost = 50_000;
const callsMost = 50_000;
const openMost = 1_000;
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
    type Told = { events: number; known: number; ended: number; failed: number; unsettled: string[] };
    const [told] = await context.query<Told>(
      `SELECT coalesce(sum(events), 0)::integer AS events, count(*)::integer AS known, count(*) FILTER (WHERE ended)::integer AS ended,
          count(*) FILTER (WHERE failed)::integer AS failed,
          coalesce((array_agg(subject ORDER BY first) FILTER (WHERE NOT ended AND first < $5))[1:${openMost}], '{}') AS unsettled
        FROM (SELECT subject, count(*) AS events, bool_or(type = ANY ($4)) AS ended, bool_or(type = 'transaction.failed') AS failed,
            (array_agg(id ORDER BY id))[1] AS first
          FROM (SELECT ordering_key AS subject, type, id FROM event WHERE team_id = $1 AND source_id = ANY ($2) AND id >= $3
            AND type LIKE 'transaction.%' AND ordering_key IS NOT NULL ORDER BY id DESC LIMIT ${eventsMost}) e
          GROUP BY subject) t`,
      [team, sources, since, ends, dayAgo],
    );
    const { events, known, ended, failed, unsettled } = told ?? {
      events: 0,
      known: 0,
      ended: 0,
      failed: 0,
      unsettled: [],
    };
    // The ledger has that a state was asked for, and not what it was; the archive stores of what was delivered alone.
    const archived = await context.query<{ subject: string }>(
      'SELECT DISTINCT subject FROM archived_document WHERE team_id = $1 AND subject = ANY ($2) AND connection_id = $3',
      [team, unsettled, own],
    );
    const [sent] = await context.query<{ sends: number }>(
      `SELECT count(*) FILTER (WHERE operation = 'documents.send' AND outcome = 1)::integer AS sends
        FROM (SELECT operation, outcome FROM call WHERE connection_id = $1 AND id >= $2 AND id < $3
          ORDER BY id DESC LIMIT ${callsMost}) c`,
      [own, since, dayAgo],
    );
    const patterns = await context.query<{ patterns: string[] }>(
      `SELECT event_types AS patterns FROM endpoint WHERE team_id = $1 AND deleted_at IS NULL AND status = 'active'
        AND (source_ids IS NULL OR source_ids && $2)`,
      [team, sources],
    );
    const found = new Set(archived.map((each) => each.subject));
    return {
      concerned,
      // Where not all events were looked at, sends cannot be set against them.
      sends: events < eventsMost ? (sent?.sends ?? 0) : 0,
      known,
      toldByWebhook: ended,
      foundByReading: unsettled.filter((each) => found.has(each)).length,
      open: unsettled.filter((each) => !found.has(each)),
      failed,
      failuresHaveTaker: patterns.some((each) => subscribesTo(each.patterns, 'transaction.failed')),
    };
  },
  judge: judgeTransactions,
};
