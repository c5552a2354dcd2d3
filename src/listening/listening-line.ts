import type { BodyUrl } from '../delivery/request-preparation.ts';
import { showBody } from '../delivery/shown-body.rules.ts';
import { timeOfId } from '../ids/id.rules.ts';
import type { ProblemCode } from '../problem.ts';
import type { Coverage } from '../providers/provider-profile.ts';
import type { ListenedEventRow } from './listening.store.ts';
import type { PublishedEvent } from './listening-scope.rules.ts';

/** One line of the stream. */
export type ListeningLine =
  | EventLine
  /** Everything up to here was sent: with it a later connection goes on. */
  | { kind: 'position'; cursor: string }
  | { kind: 'ping' }
  /** The last line; without one the connection was cut. */
  | { kind: 'end'; code: ProblemCode; detail: string };

type EventLine = {
  kind: 'event';
  id: string;
  type: string;
  contentType: string;
  orderingKey: string | null;
  occurredAt: string | null;
  acceptedAt: string;
  /** The source it came in through, and what its verification proves; null for an event of the API. */
  sourceId: string | null;
  coverage: Coverage | null;
  /** `url`: the body is large; `content` is where to fetch it, good for an hour. */
  body: { encoding: 'utf-8' | 'base64' | 'url'; content: string; sizeBytes: number };
};

/** Larger bodies are told by their URL, so that a line has a bound. */
export const bodyMaxBytes = 256 * 1024;
const urlMs = 3_600_000;

/** An event as a line; `body` null or too large becomes its URL. */
export function toEventLine(
  ctx: { clock: { now(): number }; bodyUrl: BodyUrl },
  teamId: string,
  { body, sizeBytes, occurredAtMs, origin, ...event }: ListenedEventRow,
): EventLine {
  const expiresAtMs = ctx.clock.now() + urlMs;
  const inline = body !== null && sizeBytes <= bodyMaxBytes ? showBody(body, sizeBytes, false) : null;
  return {
    kind: 'event',
    id: event.id,
    type: event.type,
    contentType: event.contentType,
    orderingKey: event.orderingKey,
    occurredAt: occurredAtMs === null ? null : new Date(occurredAtMs).toISOString(),
    acceptedAt: new Date(timeOfId(event.id)).toISOString(),
    sourceId: origin?.sourceId ?? null,
    coverage: origin?.coverage ?? null,
    body:
      inline === null
        ? { encoding: 'url', content: ctx.bodyUrl({ teamId, eventId: event.id, expiresAtMs }), sizeBytes }
        : { encoding: inline.encoding, content: inline.content, sizeBytes },
  };
}

/** A published event in the form that the database gives it back. */
export function rowOfPublished({ id, draft }: PublishedEvent): ListenedEventRow {
  return {
    id,
    type: draft.type,
    contentType: draft.contentType,
    orderingKey: draft.orderingKey,
    occurredAtMs: draft.occurredAtMs,
    body: draft.blob === null ? draft.body : null,
    sizeBytes: draft.blob?.sizeBytes ?? draft.body.length,
    origin: draft.origin,
  };
}
