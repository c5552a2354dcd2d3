import { uuidFromId } from '../../ids/id.rules.ts';
import type { CollectorContext } from '../finding.ts';
import { uuidSince } from '../subject-uuids.ts';

export type EventBody = { type: string; subject: string | null; body: unknown };

const bodyMostBytes = 65_536;
const recentMost = 50_000;

/**
 * The newest events of some sources, or of the whole team, that are JSON and not large, newest first; with `perType` no
 * more of each type, so that a busy one does not crowd the others out.
 */
export async function readEventBodies(
  context: CollectorContext,
  wanted: { teamId: string; sourceIds: readonly string[] | null; sinceMs: number; most: number; perType?: number },
): Promise<EventBody[]> {
  const { teamId, sourceIds, sinceMs, most, perType = most } = wanted;
  const rows = await context.query<{ type: string; subject: string | null; body: string | null }>(
    `WITH recent AS MATERIALIZED (
       SELECT id, type FROM event WHERE team_id = $1 AND id >= $2 AND ($3::uuid[] IS NULL OR source_id = ANY ($3))
         AND type NOT LIKE 'posthorn.%' ORDER BY id DESC LIMIT ${recentMost}),
     ranked AS (SELECT id, row_number() OVER (PARTITION BY type ORDER BY id DESC) AS place FROM recent),
     chosen AS MATERIALIZED (SELECT id FROM ranked WHERE place <= $4 ORDER BY place, id DESC LIMIT $5)
     SELECT type, ordering_key AS subject, convert_from(body, 'UTF8') AS body FROM event
       WHERE team_id = $1 AND id >= $2 AND id = ANY (SELECT id FROM chosen)
         AND blob_key IS NULL AND length(body) <= ${bodyMostBytes} AND content_type LIKE 'application/json%'
       ORDER BY id DESC`,
    [uuidFromId(teamId), uuidSince(sinceMs), sourceIds?.map(uuidFromId) ?? null, perType, most],
  );
  return rows.flatMap(({ type, subject, body }) => {
    try {
      return [{ type, subject, body: JSON.parse(body ?? 'null') as unknown }];
    } catch {
      return [];
    }
  });
}
