import { compileFilter } from '../../../filtering/filter.rules.ts';
import { idFromUuid, idPrefixes, timeOfId } from '../../../ids/id.rules.ts';
import type { CollectorContext } from '../../finding.ts';
import { uuidSince } from '../../subject-uuids.ts';
import { compareMatches, type MatchedEvent, type Matching } from './matched-deliveries.rules.ts';

/** An endpoint as it decides what it gets. Uuids. */
export type MatchingEndpoint = {
  id: string;
  eventTypes: string[];
  sources: string[] | null;
  filter: unknown;
  /** Before this, what it chose is not known. */
  changedAtMs: number;
};

type EventRow = { id: string; type: string; source: string | null; body: Buffer | null };

const bodyMost = 65_536;
const deliveriesMost = 100_000;

/** What a query of endpoints selects for a MatchingEndpoint. */
export const matchingColumns = `id, event_types AS "eventTypes", source_ids AS sources, filter,
  (extract(epoch FROM updated_at) * 1000)::double precision AS "changedAtMs"`;

/**
 * Matches the newest events of a window with endpoints once more, and compares with their deliveries. An endpoint is
 * compared from its last change on: what it chose before is not on record.
 */
export async function matchAgain(
  context: CollectorContext,
  input: { team: string; endpoints: readonly MatchingEndpoint[]; sinceMs: number; most: number },
): Promise<Matching> {
  const { endpoints, team } = input;
  const needsBody = endpoints.some(({ filter }) => filter !== null);
  const body = needsBody
    ? `CASE WHEN octet_length(body) <= ${bodyMost} AND content_type ~ 'json' THEN body END`
    : 'NULL';
  const events = await context.query<EventRow>(
    `SELECT id, type, source_id AS source, ${body} AS body FROM event
      WHERE team_id = $1 AND id >= $2 AND id < $3 ORDER BY id DESC LIMIT $4`,
    [team, uuidSince(input.sinceMs), uuidSince(context.nowMs), input.most],
  );
  const oldest = events.at(-1);
  if (oldest === undefined) return { events: 0, pairs: 0, missing: [], surplus: [] };
  const oldestMs = timeOfId(idFromUuid(idPrefixes.event, oldest.id));
  const ids = endpoints.map(({ id }) => id);
  const deliveries = await context.query<{ event: string; endpoint: string }>(
    `SELECT event_id AS event, endpoint_id AS endpoint FROM delivery
      WHERE team_id = $1 AND id >= $2 AND endpoint_id = ANY ($3::uuid[]) LIMIT ${deliveriesMost}`,
    [team, uuidSince(oldestMs), ids],
  );
  const tests = await context.query<{ endpoint: string; atMs: number }>(
    `SELECT target_id AS endpoint, (extract(epoch FROM at) * 1000)::double precision AS "atMs" FROM audit_entry
      WHERE team_id = $1 AND action = 'endpoint.tested' AND at >= to_timestamp($2::double precision / 1000)`,
    [team, oldestMs - 60_000],
  );
  const byEvent = Map.groupBy(deliveries, ({ event }) => event);
  const matched = events.map(
    (event): MatchedEvent => ({
      id: idFromUuid(idPrefixes.event, event.id),
      type: event.type,
      source: event.source,
      atMs: timeOfId(idFromUuid(idPrefixes.event, event.id)),
      payload: needsBody ? payloadOf(event.body) : undefined,
      endpoints: (byEvent.get(event.id) ?? []).map(({ endpoint }) => endpoint),
    }),
  );
  const compared = endpoints.map(({ filter, ...endpoint }) => {
    const compiled = filter === null ? null : compileFilter(filter);
    const matches = compiled === null ? null : (payload: unknown) => compiled.ok && compiled.matches(payload);
    return { ...endpoint, name: idFromUuid(idPrefixes.endpoint, endpoint.id), matches };
  });
  return compareMatches(matched, compared, tests);
}

/** Events of the API are stored as they are sent, with what filters look at in `data`; those of sources as they came. */
function payloadOf(body: Buffer | null): unknown {
  if (body === null) return undefined;
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
