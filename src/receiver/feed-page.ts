import { type EventContent, once, parseJson, payloadOf } from './event-content.rules.ts';
import { FeedError, type FeedErrorReason } from './feed-error.ts';
import { readRetryAfter } from './feed-retry.rules.ts';

/** An event of the polling feed, with the same names as a webhook that was verified. */
export type FeedEvent = EventContent & {
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly orderingKey: string | null;
  /** When it happened, if who posted it said so. */
  readonly occurredAt: Date | null;
  readonly acceptedAt: Date;
  readonly body: Buffer;
};
export type FeedPage = { events: FeedEvent[]; nextCursor: string };

/** Beyond the time that the feed may wait by itself. */
const answerTimeoutMs = 30_000;

/**
 * Asks for one page.
 * @throws FeedError when there is none; what `signal` aborts is `unreachable`
 */
export async function fetchFeedPage(
  request: { url: URL; key: string; waitSeconds: number; signal: AbortSignal | undefined },
  fetchIt: typeof fetch,
): Promise<FeedPage> {
  const timeout = AbortSignal.timeout(request.waitSeconds * 1000 + answerTimeoutMs);
  const signal = request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal]);
  const headers = { authorization: `Bearer ${request.key}`, accept: 'application/json' };
  const place = `${request.url.origin}${request.url.pathname}`;
  let response: Response;
  let text: string;
  try {
    // A redirect is an answer that no feed gives, and would take the key elsewhere.
    response = await fetchIt(request.url, { headers, signal, redirect: 'manual' });
    text = await response.text();
  } catch (error) {
    throw new FeedError('unreachable', `No answer from ${place}.`, { cause: error });
  }
  if (!response.ok) throw refusal(response, text, place);
  const page = readPage(text);
  if (page !== null) return page;
  throw new FeedError('unexpected_answer', `What answers at ${place} is no feed of Posthorn: is the url right?`, {
    status: response.status,
  });
}

const reasons: Readonly<Record<number, FeedErrorReason>> = { 401: 'unauthorized', 403: 'forbidden', 404: 'not_found' };

function refusal(response: Response, text: string, place: string): FeedError {
  const { status } = response;
  const { code, detail } = (parseJson(Buffer.from(text), 'application/json') ?? {}) as Record<string, unknown>;
  const isTemporary = status >= 500 || status === 429 || status === 408;
  const reason = isTemporary ? 'unavailable' : (reasons[status] ?? (status < 400 ? 'unexpected_answer' : 'refused'));
  const said = typeof detail === 'string' ? ` ${detail}` : '';
  return new FeedError(reason, `${place} answered ${status}.${said}`, {
    status,
    code: typeof code === 'string' ? code : null,
    retryAfterMs: readRetryAfter(response.headers.get('retry-after'), Date.now()),
  });
}

/** Null when it is no page. */
function readPage(text: string): FeedPage | null {
  const page = parseJson(Buffer.from(text), 'application/json') as { data?: unknown; nextCursor?: unknown } | undefined;
  if (typeof page?.nextCursor !== 'string' || !Array.isArray(page.data)) return null;
  const events = page.data.map(readEvent);
  return events.every((event) => event !== null) ? { events, nextCursor: page.nextCursor } : null;
}

type Told = {
  id: string;
  type: string;
  contentType: string;
  orderingKey: string | null;
  occurredAt: string | null;
  acceptedAt: string;
  body: { encoding: string; content: string; truncated?: boolean };
};

function readEvent(value: unknown): FeedEvent | null {
  const told = value as Partial<Told> | null;
  if (typeof told?.id !== 'string' || typeof told.type !== 'string' || typeof told.body?.content !== 'string')
    return null;
  const { id, type, contentType = 'application/octet-stream', orderingKey = null, occurredAt, acceptedAt } = told;
  const { encoding, content, truncated } = told.body;
  if (truncated === true) return null;
  const body = once(() => Buffer.from(content, encoding === 'base64' ? 'base64' : 'utf8'));
  const parse = once(() => parseJson(body(), contentType));
  return {
    id,
    type,
    contentType,
    orderingKey,
    occurredAt: typeof occurredAt === 'string' ? new Date(occurredAt) : null,
    acceptedAt: new Date(acceptedAt ?? Number.NaN),
    get body() {
      return body();
    },
    get data() {
      return parse();
    },
    get payload() {
      return payloadOf(parse(), type);
    },
  };
}
