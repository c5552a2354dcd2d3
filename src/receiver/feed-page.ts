import { askPosthorn } from './ask-posthorn.ts';
import { type EventContent, once, parseJson, payloadOf } from './event-content.rules.ts';
import { PosthornError } from './posthorn-error.ts';

/** An event of the polling feed, with the same names as a webhook that was verified. */
export type FeedEvent = EventContent & {
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly orderingKey: string | null;
  /** When it happened, if who posted it said so. */
  readonly occurredAt: Date | null;
  readonly acceptedAt: Date;
  /** The source it came in through; null for an event of the API. */
  readonly sourceId: string | null;
  readonly body: Buffer;
};

/** As the feed tells it. A large body is not in the page: `encoding` is `url` then, and `content` where it is. */
export type ToldEvent = {
  id: string;
  type: string;
  contentType: string;
  orderingKey?: string | null;
  occurredAt?: string | null;
  acceptedAt: string;
  sourceId?: string | null;
  body: { encoding: 'utf-8' | 'base64' | 'url'; content: string; sizeBytes: number };
};
export type FeedPage = { events: ToldEvent[]; nextCursor: string };

/** Beyond the time that the feed may wait by itself. */
const answerTimeoutMs = 30_000;

/**
 * Asks for one page.
 * @throws PosthornError when there is none
 */
export async function fetchFeedPage(
  request: { url: URL; key: string; waitSeconds: number; signal: AbortSignal | undefined },
  fetchIt: typeof fetch,
): Promise<FeedPage> {
  const { url, signal } = request;
  const headers = { authorization: `Bearer ${request.key}`, accept: 'application/json' };
  const timeoutMs = request.waitSeconds * 1000 + answerTimeoutMs;
  const { status, body } = await askPosthorn({ url, headers, timeoutMs, signal }, fetchIt);
  const page = readPage(parseJson(body, 'application/json'));
  if (page !== null) return page;
  const place = `${url.origin}${url.pathname}`;
  throw new PosthornError('unexpected_answer', `What ${place} answers is no page that is known here.`, { status });
}

/** Null when it is none. */
function readPage(value: unknown): FeedPage | null {
  const { data, nextCursor } = (value ?? {}) as { data?: unknown; nextCursor?: unknown };
  if (typeof nextCursor !== 'string' || !Array.isArray(data)) return null;
  return data.every(isToldEvent) ? { events: data, nextCursor } : null;
}

const encodings = new Set<unknown>(['utf-8', 'base64', 'url']);

function isToldEvent(value: unknown): value is ToldEvent {
  const { id, type, contentType, body } = (value ?? {}) as Partial<ToldEvent>;
  if (![id, type, contentType, body?.content].every((each) => typeof each === 'string')) return false;
  return encodings.has(body?.encoding) && (body as { truncated?: unknown }).truncated !== true;
}

/** @param body the event's own, also where the feed told only where it is */
export function toFeedEvent(told: ToldEvent, body: Buffer): FeedEvent {
  const { id, type, contentType, orderingKey = null, occurredAt, acceptedAt, sourceId = null } = told;
  const parse = once(() => parseJson(body, contentType));
  return {
    id,
    type,
    contentType,
    orderingKey,
    occurredAt: typeof occurredAt === 'string' ? new Date(occurredAt) : null,
    acceptedAt: new Date(acceptedAt),
    sourceId,
    body,
    get data() {
      return parse();
    },
    get payload() {
      return payloadOf(parse(), type);
    },
  };
}
