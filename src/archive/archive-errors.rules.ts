/** Why a job has not got its documents yet: the closed set. */
export const archiveErrors = {
  not_completed: 'The provider does not say that it is completed yet',
  not_found: 'The provider has no such document, yet or any more',
  gone: 'The provider says that the document is gone for good',
  refused: 'The provider refused the call',
  provider_failed: 'The provider failed, or asked to come later',
  call_failed: 'The call could not be made, or no answer came: see the call ledger',
  wrong_content: 'What came is not what was asked for, such as a page of HTML for a PDF',
  cut_short: 'The download ended before its end',
  too_large: 'The document is larger than the archive takes',
  store_failed: 'The blob store did not take the document: the log of Posthorn says why',
  no_documents: 'What the event and the provider say does not lead to any document',
  connection_unknown: 'The connection was deleted, or cannot be read',
  internal: 'Posthorn failed: see its log',
} as const satisfies Record<string, string>;
export type ArchiveError = keyof typeof archiveErrors;

export const archiveErrorNames = Object.keys(archiveErrors) as ArchiveError[];

/** Ends in one answer: another try would get the same. */
const permanent: ReadonlySet<ArchiveError> = new Set(['gone', 'no_documents']);

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const delaysMs = [minuteMs, 5 * minuteMs, 30 * minuteMs, 2 * hourMs];
const laterDelayMs = 6 * hourMs;
/** How long a job is tried. */
export const giveUpAfterMs = 72 * hourMs;
/** When its team hears that it takes long. */
export const lateAfterMs = hourMs;
/** Tries after which a document that not every version or plan of a provider offers counts as not offered. */
const triesForOptional = 3;

/** What follows a failed attempt. `missing`: there is nothing to get. `failed`: Posthorn cannot, as things are. */
export type NextStep = { state: 'waiting'; delayMs: number } | { state: 'missing' | 'failed' };

/**
 * @param attempt counted from 1.
 * @param elapsedMs since the effort began.
 * @param leastDelayMs what the provider asks for: its Retry-After, or the window in which asking again is polling.
 * @param random 0 to 1: up to a tenth more, so that what failed together does not return together.
 */
export function decideNextStep(
  error: ArchiveError,
  input: { attempt: number; elapsedMs: number; leastDelayMs: number; random: number },
): NextStep {
  if (permanent.has(error)) return { state: error === 'gone' ? 'missing' : 'failed' };
  const leftMs = giveUpAfterMs - input.elapsedMs;
  if (leftMs <= 0) return { state: error === 'connection_unknown' ? 'failed' : 'missing' };
  const delayMs = (delaysMs[input.attempt - 1] ?? laterDelayMs) * (1 + input.random / 10);
  // The last try comes when the time is over, and not hours later.
  return { state: 'waiting', delayMs: Math.max(minuteMs, Math.min(Math.max(delayMs, input.leastDelayMs), leftMs)) };
}

/** Whether a document that a provider need not have is taken for one that it does not have. */
export function isNotOffered(error: ArchiveError, attempt: number): boolean {
  return error === 'not_found' && attempt >= triesForOptional;
}

/** Null for 200: anything else is no document, whatever its body is. */
export function errorOfStatus(status: number): ArchiveError | null {
  if (status === 200) return null;
  if (status === 404) return 'not_found';
  if (status === 410) return 'gone';
  if (status === 429 || status >= 500) return 'provider_failed';
  return 'refused';
}

/** Milliseconds of a Retry-After (RFC 9110, section 10.2.3): seconds or a date; at most a day, null for none. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | null {
  if (header === undefined) return null;
  const text = header.trim();
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), 24 * hourMs) : null;
}
