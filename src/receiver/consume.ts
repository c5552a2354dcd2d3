import { setTimeout as delay } from 'node:timers/promises';
import { PosthornError } from './posthorn-error.ts';
import { type FeedEvent, type FeedPage, fetchFeedPage, type ToldEvent, toFeedEvent } from './feed-page.ts';
import { fetchBody } from './fetch-body.ts';
import { type Backoff, waitMsAfter } from './feed-retry.rules.ts';

export type ConsumeOptions = {
  /** Where Posthorn is, such as `https://posthorn.example.com`. */
  url: string | URL;
  team: string;
  /** A key that holds `feed:read`. */
  key: string;
  /** Your name; each consumer has a position of its own. */
  consumer: string;
  /** Events a page, 1 to 500, and so how many may come again after a crash; 100 unless given. */
  limit?: number;
  /** How long a request waits for an event, 0 to 30; 20 unless given. */
  waitSeconds?: number;
  /** Only these. */
  eventTypes?: readonly string[];
  /** Where a new consumer starts; otherwise at the oldest event that is kept. */
  since?: Date;
  /** Ends the loop: without an error, and with what was handled committed where a whole page was. */
  signal?: AbortSignal;
  /** The wait after failures in a row: doubling from 500 to 30,000 ms unless given, longer if a Retry-After says so. */
  backoff?: Backoff;
  /** Is told before each wait. Unless given, the first of a row of failures is a warning of the process. */
  onRetry?: (told: { error: PosthornError; attempt: number; waitMs: number }) => void;
  fetch?: typeof fetch;
};

/** Long enough for an answer, short enough for a process that is told to stop. */
const lastCommitMs = 2_000;
const defaultWaitSeconds = 20;

/**
 * Consumes the polling feed, for as long as it takes: each event at least once, in order. What is temporary (no answer,
 * 408, 429, 5xx) is asked again.
 *
 * As an iterator: `for await (const event of consume({ … }))`. Asking for the event after the last of a page commits the
 * page, so an event is handled when the loop goes on; leaving the loop commits nothing of the page it is in.
 *
 * With `onEvent`, resolves when `signal` aborts. An event at which `onEvent` fails is handed to it again, after a wait and
 * as often as it takes; those behind it wait.
 * @throws PosthornError for what does not pass by itself: the key, the team, a parameter, an address that is no feed
 */
export function consume(options: ConsumeOptions & { onEvent: (event: FeedEvent) => unknown }): Promise<void>;
export function consume(options: ConsumeOptions): AsyncGenerator<FeedEvent, void, void>;
export function consume(
  options: ConsumeOptions & { onEvent?: (event: FeedEvent) => unknown },
): Promise<void> | AsyncGenerator<FeedEvent, void, void> {
  const feed = feedUrl(options);
  const { onEvent } = options;
  return onEvent === undefined ? readEvents(options, feed) : handleEvents(options, feed, onEvent);
}

async function* readEvents(options: ConsumeOptions, feed: URL): AsyncGenerator<FeedEvent, void, void> {
  let cursor: string | null = null;
  let isCommitted = true;
  while (!isStopped(options)) {
    const from: string | null = cursor;
    const page: FeedPage | null = await untilItWorks<FeedPage>(options, () => fetchFrom(options, feed, from));
    if (page === null) break;
    for (const told of page.events) {
      const body = await untilItWorks(options, () => fetchBodyOf(options, feed, { told, from }));
      if (body === null) return;
      yield toFeedEvent(told, body);
    }
    cursor = page.nextCursor;
    isCommitted = page.events.length === 0;
  }
  if (cursor !== null && !isCommitted) await commit(options, feed, cursor);
}

async function handleEvents(options: ConsumeOptions, feed: URL, onEvent: (event: FeedEvent) => unknown): Promise<void> {
  for await (const event of readEvents(options, feed)) {
    const handled = await untilItWorks(options, async () => {
      try {
        await onEvent(event);
      } catch (error) {
        throw new PosthornError('handler_failed', `onEvent failed at ${event.id}.`, { cause: error });
      }
      return true;
    });
    // Stopped before it could be handled: its page must not be committed.
    if (handled === null) return;
  }
}

/** Null when it was stopped. @throws PosthornError that is not temporary */
async function untilItWorks<Result>(options: ConsumeOptions, work: () => Promise<Result>): Promise<Result | null> {
  const { signal, backoff = { firstMs: 500, maxMs: 30_000 }, onRetry = warnAtFirst } = options;
  for (let attempt = 1; !isStopped(options); attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (isStopped(options)) return null;
      if (!(error instanceof PosthornError) || !error.temporary) throw error;
      const waitMs = waitMsAfter({ attempt, retryAfterMs: error.retryAfterMs, random: Math.random() }, backoff);
      onRetry({ error, attempt, waitMs });
      // Rejects only when it is stopped.
      await delay(waitMs, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
    }
  }
  return null;
}

/** The same cursor again does no harm, and without it a page that was handled would come again. */
function fetchFrom(options: ConsumeOptions, feed: URL, cursor: string | null): Promise<FeedPage> {
  const { key, waitSeconds = defaultWaitSeconds, signal } = options;
  const url = new URL(feed);
  if (cursor !== null) url.searchParams.set('cursor', cursor);
  return fetchFeedPage({ url, key, waitSeconds, signal }, options.fetch ?? fetch);
}

/** Just before the event is handed over, so that one large body at a time is in memory. */
async function fetchBodyOf(
  options: ConsumeOptions,
  feed: URL,
  { told, from }: { told: ToldEvent; from: string | null },
): Promise<Buffer> {
  const { encoding, content, sizeBytes } = told.body;
  if (encoding !== 'url') return Buffer.from(content, encoding);
  try {
    return await fetchBody({ url: content, sizeBytes }, options);
  } catch (error) {
    if (!(error instanceof PosthornError) || error.reason !== 'forbidden') throw error;
    // The URL expired while the events before it were handled: the same page again has a new one.
    const page = await fetchFrom(options, feed, from);
    const again = page.events.find(({ id }) => id === told.id);
    if (again?.body.encoding !== 'url') throw error;
    return fetchBody({ url: again.body.content, sizeBytes }, options);
  }
}

/** The last page of a loop that was stopped between two: what cannot be committed comes again. */
async function commit(options: ConsumeOptions, feed: URL, cursor: string): Promise<void> {
  const url = new URL(feed);
  url.searchParams.set('cursor', cursor);
  url.searchParams.set('limit', '1');
  url.searchParams.set('waitSeconds', '0');
  const signal = AbortSignal.timeout(lastCommitMs);
  await fetchFeedPage({ url, key: options.key, waitSeconds: 0, signal }, options.fetch ?? fetch).catch(() => undefined);
}

function feedUrl(options: ConsumeOptions): URL {
  const { team, consumer, limit = 100, waitSeconds = defaultWaitSeconds, eventTypes, since } = options;
  const base = new URL(options.url);
  const url = new URL(`${base.pathname.replace(/\/$/, '')}/v1/teams/${encodeURIComponent(team)}/feed`, base);
  const { searchParams } = url;
  searchParams.set('consumer', consumer);
  searchParams.set('limit', String(limit));
  searchParams.set('waitSeconds', String(waitSeconds));
  if (eventTypes !== undefined) searchParams.set('eventTypes', eventTypes.join());
  if (since !== undefined) searchParams.set('since', since.toISOString());
  return url;
}

/** Read anew each time: it changes while others work. */
function isStopped({ signal }: ConsumeOptions): boolean {
  return signal?.aborted === true;
}

function warnAtFirst({ error, attempt, waitMs }: { error: PosthornError; attempt: number; waitMs: number }): void {
  if (attempt > 1) return;
  const { cause } = error;
  process.emitWarning(`${error.message} Trying again in ${waitMs} ms, and as long as it takes.`, {
    type: 'PosthornConsumerWarning',
    ...(cause instanceof Error ? { detail: cause.stack ?? cause.message } : {}),
  });
}
