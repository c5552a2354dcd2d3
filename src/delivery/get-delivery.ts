import type { Context } from '../context.ts';
import { readAsTeam } from '../database/read-as-team.ts';
import { idFromUuid, idPrefixes, isId } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import { findProfile } from '../providers/registry.ts';
import {
  type AttemptRow,
  type DeliverySummary,
  findAttempts,
  findDeliveries,
  findSentBody,
  type SentBody,
} from './delivery-query.store.ts';
import { readRecordedHeaders, readRecordedRequest } from './recorded-headers.rules.ts';
import { showBody, type ShownBody } from './shown-body.rules.ts';

type Header = { name: string; value: string };

type ShownAttempt = {
  id: string;
  number: number;
  startedAt: string;
  /** Null when no response came. */
  status: number | null;
  /** dns, tls, connect, timeout, reset, blocked or http (a response that is no 2xx); null when it succeeded. */
  error: string | null;
  errorMessage: string | null;
  /** The body is the event's; null when that is past retention. `url` is null where no request could be made. */
  request: { url: string | null; headers: Header[]; body: ShownBody | null };
  response: { headers: Header[]; body: ShownBody | null } | null;
  timing: {
    dnsMs: number | null;
    connectMs: number | null;
    tlsMs: number | null;
    firstByteMs: number | null;
    totalMs: number;
  };
};

/** `attempts` holds the latest ones, oldest first; `attemptCount` counts all. */
export type ShownDelivery = DeliverySummary & { attempts: ShownAttempt[] };

/** Attempts that one answer shows; a body is shown up to this size, as responses are stored. */
const attemptsMax = 50;
const bodyMaxBytes = 64 * 1024;

/** @throws Problem not_found */
export async function getDelivery(
  ctx: Pick<Context, 'database'>,
  input: { teamId: string; deliveryId: string },
): Promise<ShownDelivery> {
  const { teamId, deliveryId } = input;
  if (!isId(idPrefixes.delivery, deliveryId)) throw deliveryNotFound(deliveryId);
  const { delivery, attempts, sent } = await readAsTeam(ctx.database, teamId, async (database) => {
    const [found] = await findDeliveries(database, teamId, [deliveryId]);
    if (found === undefined) throw deliveryNotFound(deliveryId);
    return {
      delivery: found,
      attempts: await findAttempts(database, teamId, deliveryId, attemptsMax),
      sent: await findSentBody(database, teamId, found.eventId, bodyMaxBytes),
    };
  });
  const body = sent === null ? null : showSentBody(sent);
  return { ...delivery, attempts: attempts.map((attempt) => toShown(attempt, body)) };
}

/** The problem of an id that names no delivery of the team, or one past retention. */
export function deliveryNotFound(deliveryId: string): Problem {
  return new Problem(
    'not_found',
    `There is no delivery ${deliveryId.slice(0, 60)}, or it is past the team's retention.`,
  );
}

function showSentBody({ start, sizeBytes, provider }: SentBody): ShownBody {
  const redact = provider === null ? undefined : findProfile(provider)?.redact;
  const visible = (redact?.(start) ?? start).subarray(0, bodyMaxBytes);
  return showBody(visible, sizeBytes, sizeBytes > bodyMaxBytes || start.length < Math.min(sizeBytes, bodyMaxBytes));
}

function toShown(row: AttemptRow, requestBody: ShownBody | null): ShownAttempt {
  const answered = row.response_headers !== null || row.response_body !== null;
  return {
    id: idFromUuid(idPrefixes.attempt, row.id),
    number: row.number,
    startedAt: row.started_at.toISOString(),
    status: row.status,
    error: row.error,
    errorMessage: row.error_message,
    request: { ...readRecordedRequest(row.request_headers, requestBody?.sizeBytes ?? null), body: requestBody },
    response: answered
      ? {
          headers: readRecordedHeaders(row.response_headers ?? ''),
          body:
            row.response_body === null
              ? null
              : showBody(row.response_body, row.response_body.length, row.response_truncated),
        }
      : null,
    timing: {
      dnsMs: row.dns_ms,
      connectMs: row.connect_ms,
      tlsMs: row.tls_ms,
      firstByteMs: row.first_byte_ms,
      totalMs: row.total_ms,
    },
  };
}
