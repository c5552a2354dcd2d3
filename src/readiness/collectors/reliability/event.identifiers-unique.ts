import { idFromUuid, idPrefixes } from '../../../ids/id.rules.ts';
import type { Collector } from '../../finding.ts';
import { dayMs } from '../../finding.rules.ts';
import { uuidSince } from '../../subject-uuids.ts';
import { type EventIdentifiers, judgeIdentifiers } from './event.identifiers-unique.rules.ts';

const attemptsMost = 1_000;
const eventsMost = 100_000;

export const eventIdentifiersUnique: Collector<EventIdentifiers> = {
  checkId: 'event.identifiers-unique',
  version: 1,
  async gather(context) {
    const since = uuidSince(context.nowMs - dayMs);
    const unguarded = await context.query<{ name: string }>(
      `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'event'::regclass AND NOT EXISTS (SELECT FROM pg_index x WHERE x.indrelid = c.oid
          AND x.indisunique AND x.indisvalid AND x.indisready AND x.indnkeyatts = 2) ORDER BY 1`,
    );
    const [counts] = await context.query<{ events: number; distinctIds: number }>(
      `SELECT count(*)::integer AS events, count(DISTINCT id)::integer AS "distinctIds"
        FROM (SELECT id FROM event WHERE id >= $1 LIMIT ${eventsMost}) e`,
      [since],
    );
    // The newest attempts of each team: attempts are found by their delivery.
    const attempts = await context.query<{ event: string; sent: string | null }>(
      `SELECT d.event_id AS event, substring(a.request_headers FROM '(?:^|\\n)webhook-id: ([^\\n]*)') AS sent
        FROM (SELECT id FROM team WHERE deleted_at IS NULL ORDER BY id DESC LIMIT 100) t
        CROSS JOIN LATERAL (SELECT id, event_id FROM delivery WHERE team_id = t.id AND id >= $1 AND attempts > 0
          ORDER BY id DESC LIMIT 200) d
        JOIN attempt a ON a.team_id = t.id AND a.delivery_id = d.id AND a.delivery_id >= $1 LIMIT ${attemptsMost}`,
      [since],
    );
    const carried = attempts.filter(({ sent }) => sent !== null);
    return {
      unguarded: unguarded.map(({ name }) => name),
      events: counts?.events ?? 0,
      distinctIds: counts?.distinctIds ?? 0,
      attempts: carried.length,
      foreignIds: carried.filter(({ event, sent }) => idFromUuid(idPrefixes.event, event) !== sent).length,
    };
  },
  judge: judgeIdentifiers,
};
