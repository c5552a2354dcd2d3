import type { Context } from '../context.ts';
import { readAsTeam } from '../database/read-as-team.ts';
import type { BodyUrl } from '../delivery/request-preparation.ts';
import { showBody, type ShownBody } from '../delivery/shown-body.rules.ts';
import { floorId, idPrefixes, isId, timeOfId } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import { requireTeam } from '../teams/require-team.ts';
import {
  commitPosition,
  type FeedEventRow,
  findPosition,
  readFeedEvents,
  scanFeed,
  startConsumer,
} from './feed.store.ts';
import { findHorizon } from './find-horizon.ts';
import { cutFeedPage } from './feed-page.rules.ts';
import type { FeedWaitingRoom } from './feed-waiting-room.ts';

type FeedContext = Pick<Context, 'database' | 'clock'> & { waitingRoom: FeedWaitingRoom; bodyUrl: BodyUrl };

type FeedEvent = {
  id: string;
  type: string;
  contentType: string;
  orderingKey: string | null;
  occurredAt: string | null;
  acceptedAt: string;
  /** The source it came in through; null for an event of the API. */
  sourceId: string | null;
  /** All of it, or where to fetch a large one. */
  body: ShownBody | FeedBodyReference;
};

/** `content` is a URL that is good for an hour. */
type FeedBodyReference = { encoding: 'url'; content: string; sizeBytes: number; truncated: false };

export type FeedPage = { events: FeedEvent[]; cursor: string };

const urlMs = 3_600_000;
const pageMaxBytes = 8 * 1024 * 1024;
/** Events that a page may pass over while it looks for the wanted types. */
const scanMax = 2_000;

/**
 * The events that follow a consumer's position, in the order of their ids, about three seconds after their acceptance.
 *
 * Passing a cursor commits it: the consumer has handled everything up to there. Without a cursor the answer starts
 * after what was committed last, so that what was handed out and never committed comes again. Two pollers of one
 * consumer may both get an event: at least once, never less. A new consumer starts at the oldest retained event, or at
 * `sinceMs`, which later calls ignore.
 * @throws Problem not_found, invalid_cursor
 */
export async function readFeed(
  ctx: FeedContext,
  input: {
    teamId: string;
    consumer: string;
    limit: number;
    cursor?: string | undefined;
    sinceMs?: number | undefined;
    eventTypes?: readonly string[] | undefined;
    waitMs?: number | undefined;
    signal?: AbortSignal | undefined;
  },
): Promise<FeedPage> {
  const { teamId, limit } = input;
  await requireTeam(ctx.database, teamId);
  let position = await takePosition(ctx, input);
  const types = input.eventTypes === undefined ? null : new Set(input.eventTypes);
  const deadlineMs = ctx.clock.now() + (input.waitMs ?? 0);
  for (;;) {
    const horizon = await findHorizon(ctx.database);
    const after = position;
    const { page, events } = await readAsTeam(ctx.database, teamId, async (database) => {
      const rows = await scanFeed(database, { teamId, after, horizon, scanMax: types === null ? limit : scanMax });
      const found = cutFeedPage(rows, { limit, maxBytes: pageMaxBytes, types });
      return { page: found, events: await readFeedEvents(database, teamId, found.ids) };
    });
    position = page.position ?? position;
    const leftMs = deadlineMs - ctx.clock.now();
    if (page.ids.length > 0 || leftMs <= 0) {
      return { events: events.map((row) => toFeedEvent(ctx, teamId, row)), cursor: position };
    }
    if (page.position !== null) continue;
    const { signal } = input;
    const found = await ctx.waitingRoom.wait({ teamId, after: position, timeoutMs: leftMs, signal });
    if (!found) return { events: [], cursor: position };
  }
}

async function takePosition(
  ctx: Pick<Context, 'database' | 'clock'>,
  input: { teamId: string; consumer: string; cursor?: string | undefined; sinceMs?: number | undefined },
): Promise<string> {
  const { teamId, consumer, cursor } = input;
  if (cursor === undefined) {
    const position = await findPosition(ctx.database, teamId, consumer);
    if (position !== null) return position;
    const start = floorId(idPrefixes.event, Math.max(0, Math.ceil(input.sinceMs ?? 0)));
    return startConsumer(ctx.database, teamId, consumer, start);
  }
  if (!isId(idPrefixes.event, cursor) || timeOfId(cursor) > ctx.clock.now()) {
    throw new Problem(
      'invalid_cursor',
      'The cursor is not one that this feed gave; leave it out to go on where you were.',
    );
  }
  await commitPosition(ctx.database, teamId, consumer, cursor);
  return cursor;
}

function toFeedEvent(ctx: FeedContext, teamId: string, row: FeedEventRow): FeedEvent {
  const { blobBytes } = row;
  const expiresAtMs = ctx.clock.now() + urlMs;
  return {
    id: row.id,
    type: row.type,
    contentType: row.contentType,
    orderingKey: row.orderingKey,
    occurredAt: row.occurredAt?.toISOString() ?? null,
    acceptedAt: new Date(timeOfId(row.id)).toISOString(),
    sourceId: row.sourceId,
    body:
      blobBytes === null
        ? showBody(row.body, row.body.length, false)
        : {
            encoding: 'url',
            content: ctx.bodyUrl({ teamId, eventId: row.id, expiresAtMs }),
            sizeBytes: blobBytes,
            truncated: false,
          },
  };
}
