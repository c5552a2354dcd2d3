import { uuidFromId } from '../../../ids/id.rules.ts';
import type { Collector, Subject } from '../../finding.ts';
import { dayMs } from '../../finding.rules.ts';
import type { GatheringContext } from '../../instruments.ts';
import { uuidsOf, uuidSince } from '../../subject-uuids.ts';
import { type ConnectCoverage, judgeConnect } from './docusign.updates.by-connect.rules.ts';

const callsMost = 5_000;
const eventsMost = 20_000;
const endings = `'envelope-completed', 'envelope-declined', 'envelope-voided'`;

export const updatesByConnect: Collector<ConnectCoverage> = {
  checkId: 'docusign.updates.by-connect',
  version: 1,
  async gather(context: GatheringContext, subject: Subject) {
    const connection = context.connections.find(subject.id);
    if (connection?.profile.name !== 'docusign') return { concerned: false };
    const { team, own } = uuidsOf(subject);
    const sources = await context.query<{ id: string }>(
      `SELECT id FROM source WHERE team_id = $1 AND id = ANY ($2::uuid[]) AND provider = 'docusign'
        AND status = 'active' AND deleted_at IS NULL`,
      [team, connection.sourceIds.map(uuidFromId)],
    );
    const ids = sources.map(({ id }) => id);
    const monthAgo = uuidSince(context.nowMs - 30 * dayMs);
    const types = await context.query<{ type: string }>(
      `SELECT DISTINCT type FROM (SELECT type FROM event WHERE team_id = $1 AND source_id = ANY ($2::uuid[])
        AND id >= $3 ORDER BY id DESC LIMIT ${eventsMost}) e`,
      [team, ids, monthAgo],
    );
    // Events are looked up by their envelope among those of the sources: the newest of 30 days, bounded.
    const [reads] = await context.query<
      Omit<Extract<ConnectCoverage, { concerned: true }>, 'concerned' | 'sources' | 'types'>
    >(
      `WITH events AS MATERIALIZED (
         SELECT id, type, ordering_key FROM event WHERE team_id = $1 AND source_id = ANY ($2::uuid[]) AND id >= $3
           ORDER BY id DESC LIMIT ${eventsMost}),
       calls AS MATERIALIZED (
         SELECT id, operation, subject, status FROM call WHERE connection_id = $4 AND id >= $5 AND counted
           AND tries_count > 0 ORDER BY id DESC LIMIT ${callsMost}),
       fetched AS (
         SELECT subject FROM calls WHERE operation = 'envelopes.documents.download' AND status BETWEEN 200 AND 299
           AND subject IS NOT NULL GROUP BY subject),
       told AS (SELECT DISTINCT ordering_key FROM events WHERE type IN (${endings}) AND ordering_key IS NOT NULL),
       first_event AS (SELECT ordering_key, min(id::text)::uuid AS id FROM events GROUP BY ordering_key)
       SELECT (SELECT count(*)::integer FROM fetched) AS ended,
         (SELECT count(*)::integer FROM fetched JOIN told ON told.ordering_key = fetched.subject) AS "endedByEvent",
         (SELECT count(*)::integer FROM calls) AS calls,
         (SELECT count(*)::integer FROM calls WHERE operation = 'envelopes.get') AS "statusReads",
         (SELECT count(*)::integer FROM calls c LEFT JOIN first_event f ON f.ordering_key = c.subject
           WHERE c.operation = 'envelopes.get' AND (f.id IS NULL OR f.id > c.id)) AS "unledReads"`,
      [team, ids, monthAgo, own, uuidSince(context.nowMs - 7 * dayMs)],
    );
    return {
      concerned: true,
      sources: ids.length,
      types: types.map(({ type }) => type),
      ended: 0,
      endedByEvent: 0,
      calls: 0,
      statusReads: 0,
      unledReads: 0,
      ...reads,
    };
  },
  judge: judgeConnect,
};
