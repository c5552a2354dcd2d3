import type { Context } from '../context.ts';
import { readAsTeam } from '../database/read-as-team.ts';
import { uuidFromId } from '../ids/id.rules.ts';
import { allProfiles } from '../providers/registry.ts';
import { requireTeam } from '../teams/require-team.ts';
import { mayReveal } from './may-reveal.rules.ts';
import { searchEvents, type StoredEvent } from './event-query.store.ts';
import { intersect, rangeOfIdPrefix, rangeOfTime } from './event-search.rules.ts';

export type EventFilter = {
  type?: string | undefined;
  /** The source that it came in through. */
  source?: string | undefined;
  /** The beginning of an id, a whole ordering key, or text in the first 64 kB of the body, letter for letter. */
  q?: string | undefined;
  sinceMs?: number | undefined;
  untilMs?: number | undefined;
};

/** Events that one page may look at; fewer when their bodies are read. */
const scanMax = 20_000;
const textScanMax = 2_000;
const bodyMaxBytes = 64 * 1024;
const redactingProviders = allProfiles().flatMap(({ name, redact }) => (redact === undefined ? [] : [name]));

/**
 * Newest first. Types and text are searched for in a bounded number of events at a time: a page may hold fewer than
 * `limit` events, or none, and still have a `next`.
 * @throws Problem not_found
 */
export async function listEvents(
  ctx: Pick<Context, 'database' | 'actor'>,
  input: { teamId: string; filter: EventFilter; limit: number; after: string | null },
): Promise<{ events: StoredEvent[]; next: string | null }> {
  const { filter, limit } = input;
  const idRange = filter.q === undefined ? null : rangeOfIdPrefix(filter.q);
  const text = idRange === null ? (filter.q ?? null) : null;
  const range = intersect([
    rangeOfTime(filter.sinceMs, filter.untilMs),
    ...(idRange === null ? [] : [idRange]),
    { from: null, before: input.after === null ? null : uuidFromId(input.after) },
  ]);
  const search = {
    teamId: input.teamId,
    ...range,
    type: filter.type ?? null,
    source: filter.source ?? null,
    text,
    limit: limit + 1,
    scanMax: text === null ? scanMax : textScanMax,
    bodyMaxBytes,
    unsearchedProviders: mayReveal(ctx.actor) ? [] : redactingProviders,
  };
  const { events, scannedTo } = await readAsTeam(ctx.database, input.teamId, async (database) => {
    await requireTeam(database, input.teamId);
    return searchEvents(database, search);
  });
  if (events.length <= limit) return { events, next: scannedTo };
  const page = events.slice(0, limit);
  return { events: page, next: page.at(-1)?.id ?? null };
}
