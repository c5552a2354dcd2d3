/** A call of the ledger, as far as DocuSign's review of calls looks at it. Times are Unix milliseconds. */
export type ReviewedCall = {
  id: string;
  atMs: number;
  method: string;
  path: string;
  /** What the polling rule compares; null for none. */
  resource: string | null;
  /** The envelope. */
  subject: string | null;
  /** 0 running, 1 succeeded, 2 failed, 3 unknown. */
  outcome: number;
  status: number | null;
  error: string | null;
  errorCode: string | null;
  credentialKind: string | null;
  tries: readonly (readonly [status: number | null, error: string | null, atMs: number, durationMs: number])[] | null;
};

/** One request as DocuSign saw it: every retry is one of its own. */
export type ReviewedTry = {
  call: ReviewedCall;
  atMs: number;
  status: number | null;
  error: string | null;
  errorCode: string | null;
};

/** How many of the newest calls DocuSign looks at. */
export const reviewedMost = 20;
/** A second read of a resource sooner than this is polling. */
export const pollingWindowMs = 900_000;

/** The newest tries of the calls, newest first. A call without recorded tries is one, as it ended. */
export function newestTries(calls: readonly ReviewedCall[]): ReviewedTry[] {
  const tries = calls.flatMap((call): ReviewedTry[] => {
    const recorded = call.tries ?? [];
    if (recorded.length === 0) {
      return [{ call, atMs: call.atMs, status: call.status, error: call.error, errorCode: call.errorCode }];
    }
    return recorded.map(([status, error, atMs], index) => ({
      call,
      atMs,
      status,
      error,
      errorCode: index === recorded.length - 1 ? call.errorCode : null,
    }));
  });
  return tries.toSorted((one, other) => other.atMs - one.atMs).slice(0, reviewedMost);
}

/** Answered below 400. What is still running, or nobody knows the end of, is not clean. */
export function isClean({ status, error, call }: ReviewedTry): boolean {
  return status !== null && status < 400 && error === null && call.outcome !== 3;
}

/** Clean calls that have to be made until the newest 20 are: those behind the newest fault count already. */
export function cleanCallsNeeded(tries: readonly ReviewedTry[]): number {
  const newestFault = tries.findIndex((each) => !isClean(each));
  return reviewedMost - (newestFault === -1 ? tries.length : newestFault);
}

/** Two reads of one resource of one envelope, too soon after each other. */
export type RepeatedRead = {
  resource: string;
  firstAtMs: number;
  secondAtMs: number;
  /** A member of a list was read between two reads of the list. */
  isListThenGet: boolean;
};

/**
 * Reads among the newest tries that come less than 15 minutes after a read of the same URL at or below one envelope,
 * query and final slash aside, whether that is among them or before. Each with the read right before it.
 * @param reads every read since 15 minutes before the oldest of the newest tries, those included.
 */
export function repeatedReads(newest: readonly ReviewedTry[], reads: readonly ReviewedCall[]): RepeatedRead[] {
  const all = [...newReads(reads)].toSorted((one, other) => one.atMs - other.atMs);
  const reviewed = new Set(newest.map(({ call, atMs }) => `${call.id} ${atMs}`));
  const lastAt = new Map<string, number>();
  const found: RepeatedRead[] = [];
  for (const { callId, atMs, resource } of all) {
    const firstAtMs = lastAt.get(resource);
    lastAt.set(resource, atMs);
    if (firstAtMs === undefined || atMs - firstAtMs >= pollingWindowMs || !reviewed.has(`${callId} ${atMs}`)) continue;
    const isListThenGet = all.some(
      (each) => each.atMs >= firstAtMs && each.atMs <= atMs && isMemberOf(each.resource, resource),
    );
    found.push({ resource, firstAtMs, secondAtMs: atMs, isListThenGet });
  }
  return found;
}

function* newReads(calls: readonly ReviewedCall[]): Iterable<{ callId: string; atMs: number; resource: string }> {
  for (const call of calls) {
    if (call.method !== 'GET' || call.resource === null || call.subject === null) continue;
    const resource = call.resource.replace(/\?.*$/s, '').replace(/\/+$/, '').toLowerCase();
    const times = call.tries?.map(([, , atMs]) => atMs) ?? [];
    for (const atMs of times.length === 0 ? [call.atMs] : times) yield { callId: call.id, atMs, resource };
  }
}

/** Documents below documents, a recipient below recipients: one segment deeper, below a list of an envelope. */
function isMemberOf(resource: string, list: string): boolean {
  if (!/\/envelopes\/[^/]+\/./.test(list) || !resource.startsWith(`${list}/`)) return false;
  return !resource.slice(list.length + 1).includes('/');
}

/** `GET /…/envelopes/x at 14:02:11 and 14:04:11`, for people. */
export function describePair({ resource, firstAtMs, secondAtMs }: RepeatedRead): string {
  const seconds = Math.round((secondAtMs - firstAtMs) / 1000);
  return `${resource} at ${new Date(firstAtMs).toISOString()} and again ${seconds} s later`;
}
