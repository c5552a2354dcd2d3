import { expect, test } from 'vitest';
import { judgeHealth } from '../../src/drills/monitoring/health.provider-status-true.rules.ts';
import { judgeUrlRules } from '../../src/drills/providers/documenso.webhook.url-rules.rules.ts';
import { judgeUncounted } from '../../src/drills/providers/docusign.golive.uncounted-traffic-ignored.rules.ts';
import { judgeGuard } from '../../src/drills/providers/docusign.polling.guard-holds.rules.ts';
import { judgeProviderBreaker } from '../../src/drills/reliability/breaker.opens-and-recovers.rules.ts';
import { judgeBackoff } from '../../src/drills/reliability/call.backs-off-on-429-and-5xx.rules.ts';
import { judgeClassed } from '../../src/drills/reliability/call.errors-classed-retryable-or-permanent.rules.ts';
import { judgeHung } from '../../src/drills/reliability/call.timeouts-cut-hung-provider.rules.ts';
import { judgeExposed } from '../../src/drills/reliability/error.provider-text-not-exposed.rules.ts';
import { judgeDegraded } from '../../src/drills/reliability/outage.provider-degrades-gracefully.rules.ts';
import { judgeBulk } from '../../src/drills/scalability/call.bulk-concurrency-bounded.rules.ts';
import { judgeCredentialRotation } from '../../src/drills/security/connection.credential.rotates-without-downtime.rules.ts';
import type { Finding } from '../../src/readiness/finding.ts';
import { judges } from './support/judges.ts';

const refusal = { status: 503, code: 'provider_unavailable', hasRetryAfter: true, tookMs: 5 };
const opened = {
  minimumCalls: 10,
  openMs: 15_000,
  failedBefore: 10,
  refusals: [refusal, refusal],
  others: 0,
  probesAtMs: [15_100, 30_300],
  controlMs: [3, 3],
  recoveredAfterMs: 9_000,
  recoverWithinMs: 30_000,
  after: { calls: 20, answered: 20 },
};
judges('breakers of providers', judgeProviderBreaker, opened, [
  ['it never opens', { failedBefore: null }, 'failed'],
  ['it opens late', { failedBefore: 15 }, 'failed'],
  ['nothing was refused', { refusals: [] }, 'failed'],
  ['refusals do not say when', { refusals: [{ ...refusal, hasRetryAfter: false }] }, 'failed'],
  ['refusals are slow', { refusals: [{ ...refusal, tookMs: 80 }] }, 'failed'],
  ['everything is slow', { refusals: [{ ...refusal, tookMs: 80 }], controlMs: [70] }, 'unknown'],
  ['calls go out beside probes', { others: 1 }, 'failed'],
  ['probes come too soon', { probesAtMs: [15_100, 15_200] }, 'failed'],
  ['no probe came', { probesAtMs: [] }, 'passed'],
  ['it stays open', { recoveredAfterMs: null }, 'failed'],
  ['it opens again', { after: { calls: 20, answered: 19 } }, 'failed'],
]);

const grown = {
  baseMs: 300,
  mostMs: 20_000,
  drilledBaseMs: 1_000,
  retriesMost: 2,
  askedMs: 2_000,
  waitedAskedMs: 2_200,
  waits: [
    [900, 1_800],
    [500, 1_000],
  ],
  triesMost: 3,
  postTriesMost: 1,
  usualMs: 10,
};
judges('backoff', judgeBackoff, grown, [
  ['Retry-After is undercut', { waitedAskedMs: 400 }, 'failed'],
  ['it is not tried again', { waitedAskedMs: null }, 'failed'],
  ['waits do not grow', { waits: [[900, 1_050]] }, 'failed'],
  ['nothing is waited for on a slow machine', { waits: [[300, 310]], usualMs: 300 }, 'failed'],
  ['nothing can be told from waits', { waits: [[900, 1_050]], usualMs: 700 }, 'unknown'],
  ['too many tries', { triesMost: 4 }, 'failed'],
  ['a POST is sent twice', { postTriesMost: 2 }, 'failed'],
  ['the connection hardly waits', { baseMs: 10 }, 'failed'],
  ['the connection cannot wait as asked', { mostMs: 1_000 }, 'failed'],
]);

const refused = { what: '403', mayPass: false, readTries: 1, postTries: 1, listed: 1 };
const unauthorized = { ...refused, what: '401', readTries: 2, postTries: 2 };
const passing = { what: '429', mayPass: true, readTries: 2, postTries: 2, listed: 1 };
judges('classes of failures', judgeClassed, { retriesMost: 1, failures: [refused, unauthorized, passing] }, [
  ['one that lasts is tried again', { failures: [{ ...refused, readTries: 2 }] }, 'failed'],
  ['401 is tried three times', { failures: [{ ...unauthorized, readTries: 3 }] }, 'failed'],
  ['one that passes is not tried again', { failures: [{ ...passing, readTries: 1 }] }, 'failed'],
  ['a POST is sent again after 500', { failures: [{ ...passing, what: '500' }] }, 'failed'],
  ['one is not on record', { failures: [{ ...refused, listed: 0 }] }, 'failed'],
]);

const silence = { what: 'silence' as const, limitMs: 6_000, tookMs: 6_050, status: 0, error: 'timeout', closed: true };
const firstByte = { ...silence, what: 'first byte' as const, limitMs: 3_000, tookMs: 3_020, status: 504 };
const hung = { firstByteMs: 30_000, idleMs: 60_000, cases: [firstByte, silence], controlMs: 10 };
judges('calls that hang', judgeHung, hung, [
  ['the policy waits long', { firstByteMs: 60_000 }, 'failed'],
  ['the policy bears silence', { idleMs: 120_000 }, 'failed'],
  ['one is cut late', { cases: [{ ...firstByte, tookMs: 9_000 }] }, 'failed'],
  ['one is cut late by a slow machine', { cases: [{ ...firstByte, tookMs: 4_500 }], controlMs: 900 }, 'unknown'],
  ['one is cut early', { cases: [{ ...firstByte, tookMs: 300 }] }, 'failed'],
  ['one is answered otherwise', { cases: [{ ...firstByte, status: 502 }] }, 'failed'],
  ['nothing is on record', { cases: [{ ...silence, error: null }] }, 'failed'],
  ['a socket stays open', { cases: [{ ...silence, closed: false }] }, 'failed'],
]);

judges('bulk', judgeBulk, { calls: 300, concurrencyMost: 64, atOnce: 64, answered: 300, limited: 0 }, [
  ['too many at once', { atOnce: 65 }, 'failed'],
  ['too few at once', { atOnce: 30 }, 'failed'],
  ['one is lost', { answered: 299 }, 'failed'],
  ['one is refused', { limited: 1 }, 'failed'],
  ['more are allowed than there are', { concurrencyMost: 1_000, atOnce: 300 }, 'passed'],
]);

const well = { was: 'well' as const, error: null, shownAfterMs: 20, saysWell: true };
const fails = { was: 'fails' as const, error: 'provider_failed', shownAfterMs: 20, saysWell: false };
judges('the page of a provider', judgeHealth, { seen: [well, fails], asked: 0, askedMost: 2 }, [
  ['a failure is not shown', { seen: [{ ...fails, shownAfterMs: null }] }, 'failed'],
  ['another failure is shown', { seen: [{ ...fails, error: 'timeout' }] }, 'failed'],
  ['it says that all is well', { seen: [{ ...fails, saysWell: true }] }, 'failed'],
  ['it comes late', { seen: [{ ...well, shownAfterMs: 60_001 }] }, 'failed'],
  ['the page asks the provider', { asked: 3 }, 'failed'],
]);

const repeat = { status: 429, code: 'polling_refused', servedAge: false };
const guarded = {
  concerned: true as const,
  provider: 'docusign',
  windowMs: null,
  mode: 'serve',
  drilledWindowMs: 6_000,
  seenAtMs: [0, 6_400],
  otherSeen: 1,
  repeats: [repeat, { status: 200, code: null, servedAge: true }],
  violations: 0,
};
test.each<[what: string, facts: Parameters<typeof judgeGuard>[0], state: Finding['state']]>([
  ['all is well', guarded, 'passed'],
  ['every call goes out', { ...guarded, seenAtMs: [0, 800, 1_600, 5_600, 6_400] }, 'failed'],
  ['it is asked again too soon', { ...guarded, seenAtMs: [0, 5_600] }, 'failed'],
  ['the other envelope is kept back', { ...guarded, otherSeen: 0 }, 'failed'],
  ['a repeat is answered without its age', { ...guarded, repeats: [{ ...repeat, status: 200, code: null }] }, 'failed'],
  ['the connection guards for a minute', { ...guarded, windowMs: 60_000 }, 'failed'],
  ['there are pairs on record', { ...guarded, violations: 1 }, 'failed'],
  ['it is no DocuSign', { concerned: false, provider: 'documenso' }, 'not-applicable'],
])('the polling guard: %s', (_what, facts, state) => {
  expect(judgeGuard(facts).state).toBe(state);
});

const nineteen = { state: 'failed', calls: 19, cleanCallsNeeded: 1 };
const twenty = { state: 'passed', calls: 20, cleanCallsNeeded: 0 };
const uncounted = {
  concerned: true as const,
  uncounted: { tokens: 25, userInformation: 25, events: 5 },
  afterNineteen: nineteen,
  afterTwenty: twenty,
  afterFailure: twenty,
};
test.each<[what: string, facts: Parameters<typeof judgeUncounted>[0], state: Finding['state']]>([
  ['all is well', uncounted, 'passed'],
  ['user information is counted', { ...uncounted, afterNineteen: twenty }, 'failed'],
  ['a call is missed', { ...uncounted, afterTwenty: nineteen }, 'failed'],
  ['a failure is counted', { ...uncounted, afterFailure: { ...twenty, state: 'failed' } }, 'failed'],
  ['it is no DocuSign', { concerned: false, provider: 'goroute' }, 'not-applicable'],
])('what DocuSign does not count: %s', (_what, facts, state) => {
  expect(judgeUncounted(facts).state).toBe(state);
});

const call = { status: 200, usedCredential: 'second', provedAs: 'second' as const };
const early = { ...call, startedAtMs: 0, usedCredential: 'first', provedAs: 'first' as const };
const [between, late] = [
  { ...call, startedAtMs: 4_000 },
  { ...call, startedAtMs: 8_000 },
];
const rotated = {
  calls: [early, between, late],
  addedAtMs: 2_000,
  removedAtMs: 6_000,
  secondCredential: 'second',
  stored: 1,
  firstIsStored: false,
};
judges('credentials', judgeCredentialRotation, rotated, [
  ['a caller is refused', { calls: [early, between, { ...late, status: 401 }] }, 'failed'],
  ['a call fails', { calls: [early, between, { ...late, status: 502 }] }, 'failed'],
  ['the former stays in use', { calls: [early, { ...between, usedCredential: 'first' }, late] }, 'failed'],
  ['its token stays in use', { calls: [early, { ...between, provedAs: 'first' as const }, late] }, 'failed'],
  ['it stays stored', { stored: 2, firstIsStored: true }, 'failed'],
  ['nothing was called after the removal', { calls: [early, between] }, 'failed'],
]);

const degraded = {
  readyz: [200, 200],
  otherMs: { before: [10, 10], during: [11, 11], after: [10, 10] },
  otherFailed: 0,
  cached: [{ status: 200, saysAge: true }],
  writes: [{ status: 502, code: 'provider_unreachable', hasRetryAfter: false, tookMs: 20 }, refusal, refusal],
  probesMost: 2,
  after: { writes: 10, answered: 10 },
};
judges('a provider that is gone', judgeDegraded, degraded, [
  ['the gateway is not ready', { readyz: [200, 503] }, 'failed'],
  ['others wait', { otherMs: { ...degraded.otherMs, during: [900] } }, 'failed'],
  ['others are a little slower', { otherMs: { ...degraded.otherMs, during: [100] } }, 'unknown'],
  ['others fail', { otherFailed: 1 }, 'failed'],
  ['the cache does not answer', { cached: [{ status: 502, saysAge: false }] }, 'failed'],
  ['nothing of it is ever kept', { cached: null }, 'passed'],
  ['writes are not refused', { writes: degraded.writes.slice(0, 1) }, 'failed'],
  ['refusals take long', { writes: [{ ...refusal, tookMs: 3_000 }] }, 'failed'],
  ['refusals do not say when', { writes: [{ ...refusal, hasRetryAfter: false }] }, 'failed'],
  ['it does not recover', { after: { writes: 1, answered: 0 } }, 'failed'],
]);

const answer = {
  way: 'reset',
  code: 'provider_unreachable',
  detail: 'The provider gave no answer.',
  requestId: 'req',
  marks: [],
};
const told = { answers: [answer], places: [{ place: 'the log', marks: [] }], sent: 3 };
judges('texts of providers', judgeExposed, told, [
  ['an answer quotes it', { answers: [{ ...answer, marks: ['token'] }] }, 'failed'],
  ['the log quotes it', { places: [{ place: 'the log', marks: ['token'] }] }, 'failed'],
  ['there is no sentence', { answers: [{ ...answer, detail: '' }] }, 'failed'],
  ['there is no id', { answers: [{ ...answer, requestId: '' }] }, 'failed'],
  ['Posthorn does not answer', { answers: [{ ...answer, code: null }] }, 'failed'],
  ['nothing was marked', { sent: 0 }, 'failed'],
]);

const taken = { status: 200, error: null };
const none = { status: null, error: 'reset' };
const known = {
  concerned: true as const,
  publicUrl: 'https://hooks.example.com/in/src_1',
  post: taken,
  others: [{ method: 'GET', status: 405, error: null }],
  plain: none,
  large: taken,
  storedAsSent: true,
  bodyMaxBytes: 33_554_432,
  largeBytes: 5_000_200,
};
test.each<[what: string, facts: Parameters<typeof judgeUrlRules>[0], state: Finding['state']]>([
  ['all is well', known, 'passed'],
  ['http is redirected', { ...known, plain: { status: 308, error: null } }, 'passed'],
  ['a POST is redirected', { ...known, post: { status: 308, error: null } }, 'failed'],
  ['the certificate is not trusted', { ...known, post: { status: null, error: 'tls' } }, 'failed'],
  ['it is plain http', { ...known, publicUrl: 'http://hooks.example.com/in/src_1' }, 'failed'],
  ['plain http is taken', { ...known, plain: taken }, 'failed'],
  ['GET is answered', { ...known, others: [{ method: 'GET', ...taken }] }, 'failed'],
  ['a large body is refused', { ...known, large: { status: 413, error: null } }, 'failed'],
  ['something else is stored', { ...known, storedAsSent: false }, 'failed'],
  ['the source takes little', { ...known, bodyMaxBytes: 1_000_000 }, 'failed'],
  ['nobody knows the gateway', { concerned: true, publicUrl: null }, 'unknown'],
  ['it is another source', { concerned: false, provider: 'stripe' }, 'not-applicable'],
])('the address for Documenso: %s', (_what, facts, state) => {
  expect(judgeUrlRules(facts).state).toBe(state);
});
