import type { ReviewedCalls } from './collectors/providers/docusign-calls.ts';
import {
  isClean,
  newestTries,
  type RepeatedRead,
  repeatedReads,
  reviewedMost,
  type ReviewedTry,
} from './collectors/providers/docusign-tries.rules.ts';

/** One of the calls that DocuSign would look at. `polling`: it reads again what was read within 15 minutes. */
type RehearsedCall = {
  at: string;
  method: string;
  path: string;
  status: number | null;
  error: string | null;
  errorCode: string | null;
  verdict: 'clean' | 'fault' | 'polling';
};

/** How DocuSign's review of calls would go now. */
export type Rehearsal = {
  /** Sandbox connections with the integration key. */
  connections: number;
  /** Newest first, 20 at most. */
  calls: RehearsedCall[];
  clean: number;
  faults: number;
  /** Two reads each, with their times. */
  violations: { resource: string; firstAt: string; secondAt: string; secondsBetween: number; listThenGet: boolean }[];
  /** More clean calls until the newest 20 are clean; 0: it would be passed. */
  cleanCallsNeeded: number;
};

/** Source: the go-live rules of DocuSign, see the provider facts: 20 calls without an error, none of them polling. */
export function rehearse(facts: Extract<ReviewedCalls, { concerned: true }>): Rehearsal {
  const tries = newestTries(facts.newest);
  const pairs = repeatedReads(tries, facts.reads);
  const seconds = new Set(pairs.map(({ secondAtMs }) => secondAtMs));
  const verdictOf = (each: ReviewedTry): RehearsedCall['verdict'] => {
    if (!isClean(each)) return 'fault';
    return each.call.method === 'GET' && seconds.has(each.atMs) ? 'polling' : 'clean';
  };
  const verdicts = tries.map(verdictOf);
  const newestBad = verdicts.findIndex((verdict) => verdict !== 'clean');
  return {
    connections: facts.connections,
    calls: tries.map((each, index) => shown(each, verdicts[index] ?? 'fault')),
    clean: verdicts.filter((verdict) => verdict === 'clean').length,
    faults: verdicts.filter((verdict) => verdict === 'fault').length,
    violations: pairs.map(shownPair),
    cleanCallsNeeded: reviewedMost - (newestBad === -1 ? tries.length : newestBad),
  };
}

function shown(
  { call, atMs, status, error, errorCode }: ReviewedTry,
  verdict: RehearsedCall['verdict'],
): RehearsedCall {
  const path = call.path.replace(/\?.*$/s, '');
  return { at: timeOf(atMs), method: call.method, path, status, error, errorCode, verdict };
}

function shownPair({ resource, firstAtMs, secondAtMs, isListThenGet }: RepeatedRead): Rehearsal['violations'][number] {
  return {
    resource,
    firstAt: timeOf(firstAtMs),
    secondAt: timeOf(secondAtMs),
    secondsBetween: Math.round((secondAtMs - firstAtMs) / 1000),
    listThenGet: isListThenGet,
  };
}

function timeOf(unixMs: number): string {
  return new Date(unixMs).toISOString();
}
