import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { judgeBreaker } from '../../src/drills/reliability/breaker.endpoint-holds-and-resumes.rules.ts';
import { judgeDeadLetters } from '../../src/drills/reliability/delivery.exhausted-become-dead-letters.rules.ts';
import { judgeResend } from '../../src/drills/reliability/delivery.resend-works.rules.ts';
import { judgeRepeats, readDeed } from '../../src/drills/reliability/endpoint.processes-once.rules.ts';
import { judgeTests } from '../../src/drills/reliability/endpoint.test-delivery-succeeds.rules.ts';
import { judgeFailures } from '../../src/drills/reliability/error.every-failure-typed.rules.ts';
import { judgeIdempotency } from '../../src/drills/reliability/event.publish-idempotent.rules.ts';
import { judgeSpool } from '../../src/drills/reliability/outage.inbound-spools-without-database.rules.ts';
import { judgeIsolation } from '../../src/drills/reliability/outage.one-bad-endpoint-isolated.rules.ts';
import { judgePartialFailure } from '../../src/drills/reliability/outage.partial-failure-contained.rules.ts';
import { judgeFastAnswers } from '../../src/drills/reliability/source.answers-fast-while-work-waits.rules.ts';
import { judgeCrashes } from '../../src/drills/reliability/source.commits-before-answer.rules.ts';
import { judgeDuplicates } from '../../src/drills/reliability/source.duplicates-detected.rules.ts';
import { compareWithStored } from '../../src/drills/reliability/stored-events.ts';
import { quantile } from '../../src/drills/reliability/verdict.rules.ts';
import { fits } from '../../src/drills/security/verify-request.rules.ts';
import { judgeForged } from '../../src/drills/security/webhook.receiver.rejects-forged.rules.ts';
import { judgeRotation } from '../../src/drills/security/webhook.secret.rotates-with-overlap.rules.ts';
import { judgeFlow } from '../../src/drills/testing/testing.e2e.whole-flow.rules.ts';
import { judges } from './support/judges.ts';

const refused = {
  from: 'api',
  events: 2,
  dead: 2,
  exhausted: 2,
  slowestMs: 50,
  readable: 2,
  resent: 2,
  deliveredLater: 2,
};
judges('dead letters', judgeDeadLetters, { refused: [refused], counted: 2, others: { events: 2, delivered: 2 } }, [
  ['one is gone', { refused: [{ ...refused, dead: 1 }] }, 'failed'],
  ['one died early', { refused: [{ ...refused, exhausted: 1 }] }, 'failed'],
  ['one took long', { refused: [{ ...refused, slowestMs: 5_001 }] }, 'failed'],
  ['a body is gone', { refused: [{ ...refused, readable: 1 }] }, 'failed'],
  ['the replay left one', { refused: [{ ...refused, deliveredLater: 1 }] }, 'failed'],
  ['one was not counted', { counted: 1 }, 'failed'],
  ['the other endpoint suffered', { others: { events: 2, delivered: 1 } }, 'failed'],
]);

const conflict = { status: 409, code: 'idempotency_conflict' };
const once = { posts: 50, accepted: 50, duplicates: 49, named: 1, events: 1, conflict, keptSeconds: 86_390 };
judges('idempotent posts', judgeIdempotency, once, [
  ['two events', { events: 2, named: 2, duplicates: 48 }, 'failed'],
  ['a refusal', { accepted: 49 }, 'failed'],
  ['another body passes', { conflict: { status: 202, code: '' } }, 'failed'],
  ['the key is forgotten', { keptSeconds: 3_600 }, 'failed'],
  ['the key is not kept', { keptSeconds: null }, 'failed'],
]);

const twice = {
  provider: 'docusign',
  sends: 10,
  taken: 10,
  events: 2,
  duplicates: 9,
  otherTaken: true,
  dedupeWindowSeconds: 2_592_000,
};
judges('duplicates', judgeDuplicates, twice, [
  ['every one an event', { events: 11, duplicates: 0 }, 'failed'],
  ['one was refused', { taken: 9 }, 'failed'],
  ['the window is shorter than DocuSign retries', { dedupeWindowSeconds: 864_000 }, 'failed'],
  ['a day is enough where nothing is public', { provider: 'goroute', dedupeWindowSeconds: 86_401 }, 'passed'],
  ['what differs is lost', { otherTaken: false, events: 1 }, 'failed'],
]);

const crashed = { kills: 3, sent: 200, acknowledged: 180, missing: 0, doubled: 0, undelivered: 0 };
judges('crashes', judgeCrashes, crashed, [
  ['one is lost', { missing: 1 }, 'failed'],
  ['one is there twice', { doubled: 1 }, 'failed'],
  ['one has no delivery', { undelivered: 1 }, 'failed'],
  ['too few were answered', { acknowledged: 10 }, 'unknown'],
  ['few, and one of them lost', { acknowledged: 10, missing: 1 }, 'failed'],
]);

const spooled = {
  serverStarts: 3,
  takenBeforeKill: 40,
  posted: 20,
  postsLost: 0,
  againAfterKillMs: 900,
  againAfterOutageMs: 40,
  outageMs: 6_000,
  restarted: true,
  sent: 60,
  acknowledged: 60,
  missing: 0,
  doubled: 0,
  posts: 6,
  refused: 6,
  left: 0,
};
judges('the spool', judgeSpool, spooled, [
  ['the spool was thrown away', { missing: 30 }, 'failed'],
  ['webhooks were refused', { acknowledged: 59 }, 'failed'],
  ['posts were accepted', { refused: 5 }, 'failed'],
  ['a committed post is gone', { postsLost: 1 }, 'failed'],
  ['the process did not go on after the kill', { againAfterKillMs: null }, 'failed'],
  ['the process did not go on after the outage', { againAfterOutageMs: null }, 'failed'],
  ['the server was not started again', { serverStarts: 2 }, 'unknown'],
  ['too few came before the kill', { takenBeforeKill: 3 }, 'unknown'],
  ['no post came before the kill', { posted: 0 }, 'unknown'],
  ['few came before the kill, and one of them is gone', { takenBeforeKill: 3, missing: 1 }, 'failed'],
  ['something is left', { left: 1 }, 'failed'],
  ['what is left cannot be read', { left: null }, 'failed'],
  ['it did not start', { restarted: false }, 'unknown'],
]);

const fast = {
  freeP99Ms: 40,
  heldMs: 3_000,
  webhooks: 100,
  taken: 100,
  p99Ms: 60,
  slowestMs: 80,
  deliveredMeanwhile: 0,
  deliveredLater: 100,
};
judges('fast answers', judgeFastAnswers, fast, [
  ['answers wait for the work', { p99Ms: 4_010, slowestMs: 4_020 }, 'failed'],
  ['one took ten seconds', { slowestMs: 10_000 }, 'failed'],
  ['the work was not done', { deliveredLater: 99 }, 'failed'],
  ['the machine is slow', { freeP99Ms: 900, p99Ms: 1_400 }, 'unknown'],
  ['nothing stood still', { deliveredMeanwhile: 3 }, 'unknown'],
]);

const tried = { type: 'invoice.paid', attempt: { status: 200, error: null, tookMs: 20, isShown: true }, others: 0 };
test.each([
  ['all is well', [tried], 'passed'],
  ['one was refused', [tried, { ...tried, attempt: { ...tried.attempt, status: 500 } }], 'failed'],
  ['a redirect is no success', [{ ...tried, attempt: { ...tried.attempt, status: 302 } }], 'failed'],
  ['it took too long', [{ ...tried, attempt: { ...tried.attempt, tookMs: 30_001 } }], 'failed'],
  ['another endpoint got it', [{ ...tried, others: 1 }], 'failed'],
  ['nothing is on record', [{ ...tried, attempt: { ...tried.attempt, isShown: false } }], 'failed'],
  ['nothing was sent', [tried, { ...tried, attempt: null }], 'unknown'],
] as const)('tests of an endpoint: %s', (_what, tests, state) => expect(judgeTests(tests).state).toBe(state));

const handled = { status: 200, did: 'handled' } as const;
const known = { status: 200, did: 'duplicate' } as const;
test.each([
  ['once', [handled, known, known], 'passed'],
  ['busy with the same', [handled, known, { status: 409, did: 'busy' }], 'passed'],
  ['twice', [handled, handled, known], 'failed'],
  ['never', [known, known, known], 'failed'],
  ['a refusal', [handled, known, { status: 500, did: null }], 'failed'],
  ['silence', [{ status: 200, did: null }], 'unknown'],
] as const)('an event that comes three times, handled %s', (_what, answers, state) => {
  expect(judgeRepeats(answers).state).toBe(state);
});

test('what a receiver did is read from its header, or from the first word of its answer', () => {
  expect([readDeed(undefined, 'duplicate\n'), readDeed('Handled', 'ok'), readDeed(undefined, '{"ok":true}')]).toEqual([
    'duplicate',
    'handled',
    null,
  ]);
});

test.each([
  ['refused', 200, [{ what: 'not signed', status: 401 }], 'passed'],
  ['taken', 200, [{ what: 'not signed', status: 200 }], 'failed'],
  ['answered with an error of the receiver', 200, [{ what: 'not signed', status: 500 }], 'failed'],
  ['not answered', 200, [{ what: 'not signed', status: null }], 'unknown'],
  ['refused like true ones', 401, [{ what: 'not signed', status: 401 }], 'failed'],
  ['out of reach', null, [{ what: 'not signed', status: null }], 'unknown'],
] as const)('forged requests that are %s', (_what, trueStatus, forged, state) => {
  expect(judgeForged(trueStatus, forged).state).toBe(state);
});

const at = (atMs: number, fitsOld: boolean, fitsNew: boolean) => ({ atMs, fitsOld, fitsNew });
const rotation = (during: [boolean, boolean], after: [boolean, boolean]) => ({
  requests: [0, 1, 2].flatMap((n) => [at(n, true, false), at(12_000 + n, ...during), at(22_000 + n, ...after)]),
});
const rotated = {
  ...rotation([true, true], [false, true]),
  rotatedFromMs: 10_000,
  rotatedAtMs: 10_010,
  overlapEndsMs: 20_010,
  sendsNewestOnly: false,
  deliveries: 9,
  succeeded: 9,
};
judges('a rotation', judgeRotation, rotated, [
  ['the old one stops at once', rotation([false, true], [false, true]), 'failed'],
  ['so it is with a shared secret', { ...rotation([false, true], [false, true]), sendsNewestOnly: true }, 'passed'],
  ['the new one comes late', rotation([true, false], [false, true]), 'failed'],
  ['the old one never stops', rotation([true, true], [true, true]), 'failed'],
  ['one verifies with neither', rotation([true, true], [false, false]), 'failed'],
  ['one was not delivered', { succeeded: 8 }, 'failed'],
  ['too few to tell', { requests: [] }, 'unknown'],
]);

test('a verifier of its own takes what was signed and nothing else', () => {
  const key = Buffer.from('a key of thirty-two bytes, or so').toString('base64');
  const body = Buffer.from('{"a": 1}');
  const digest = createHmac('sha256', Buffer.from(key, 'base64')).update(`evt_1.5.${body.toString()}`).digest('base64');
  const headers = { 'webhook-id': 'evt_1', 'webhook-timestamp': '5', 'webhook-signature': `v1,other v1,${digest}` };
  const scheme = { scheme: 'standard-webhooks' } as const;
  expect(fits({ headers, body }, scheme, `whsec_${key}`)).toBe(true);
  expect(fits({ headers, body: Buffer.from('{"a":1}') }, scheme, `whsec_${key}`)).toBe(false);
  expect(fits({ headers: { ...headers, 'webhook-timestamp': '6' }, body }, scheme, `whsec_${key}`)).toBe(false);
});

const flow = {
  answered: 200,
  events: 1,
  deliveries: 1,
  state: 'succeeded',
  attempts: 1,
  tookMs: 60,
  hashes: { sent: 'a', stored: 'a', received: 'a' },
  verified: true,
};
judges('the whole flow', judgeFlow, flow, [
  ['other bytes arrived', { hashes: { sent: 'a', stored: 'a', received: 'b' } }, 'failed'],
  ['other bytes are stored', { hashes: { sent: 'a', stored: 'b', received: 'a' } }, 'failed'],
  ['it took long', { tookMs: 10_001 }, 'failed'],
  ['it never came', { tookMs: null }, 'failed'],
  ['the signature does not fit', { verified: false }, 'failed'],
  ['two events', { events: 2 }, 'failed'],
  ['it is still pending', { state: 'pending' }, 'failed'],
]);

const resent = { was: 'dead', arrivedAfterMs: 100, sameId: true, sameBytes: true, attemptsBefore: 1, attemptsAfter: 2 };
judges('a resend', judgeResend, { resent: [resent], others: 0, viewerStatus: 403 }, [
  ['other bytes', { resent: [{ ...resent, sameBytes: false }] }, 'failed'],
  ['another id', { resent: [{ ...resent, sameId: false }] }, 'failed'],
  ['it did not come', { resent: [{ ...resent, arrivedAfterMs: null }] }, 'failed'],
  ['no attempt more', { resent: [{ ...resent, attemptsAfter: 1 }] }, 'failed'],
  ['another endpoint got it', { others: 1 }, 'failed'],
  ['a viewer may', { viewerStatus: 200 }, 'failed'],
]);

const broken = {
  failedBefore: 14,
  concurrency: 8,
  told: 1,
  waiting: 10,
  attemptsWhileOpen: 0,
  requestsWhileOpen: 0,
  probeAfterMs: 15_600,
  besideProbe: 0,
  events: 24,
  delivered: 24,
  unseenAttempts: 0,
  mostPerSecond: 6,
  ratePerSecond: null,
};
judges('the breaker', judgeBreaker, broken, [
  ['it never opened', { failedBefore: null }, 'failed'],
  ['it opened late', { failedBefore: 19 }, 'failed'],
  ['waiting costs attempts', { unseenAttempts: 1 }, 'failed'],
  ['attempts were used while it was open', { attemptsWhileOpen: 1 }, 'failed'],
  ['the endpoint was not spared', { requestsWhileOpen: 1 }, 'failed'],
  ['two probes', { besideProbe: 1 }, 'failed'],
  ['told twice', { told: 2 }, 'failed'],
  ['one was left', { delivered: 23 }, 'failed'],
  ['faster than allowed', { ratePerSecond: 2 }, 'failed'],
  ['the machine is slow', { probeAfterMs: 40_000 }, 'unknown'],
]);

const batch = { status: 422, invalid: [3, 20], named: [3, 20], stored: 0 };
const partial = { good: [1, 1], bad: 3, batch, again: { events: 98, accepted: 98, duplicates: 98, stored: 98 } };
judges('a partial failure', judgePartialFailure, partial, [
  ['all are tried again', { good: [1, 2] }, 'failed'],
  ['nobody is', { bad: 1 }, 'failed'],
  ['only the first is named', { batch: { ...batch, named: [3] } }, 'failed'],
  ['half of it is stored', { batch: { ...batch, stored: 50 } }, 'failed'],
  ['twice is twice', { again: { ...partial.again, duplicates: 0, stored: 196 } }, 'failed'],
]);

const isolated = {
  endpoints: 100,
  freeP99Ms: 100,
  heldP99Ms: 120,
  expected: 990,
  arrived: 990,
  badOnRecord: 10,
  events: 10,
  memoryGrowthBytes: 1_000_000,
};
judges('one bad endpoint', judgeIsolation, isolated, [
  ['the others wait', { heldP99Ms: 8_000 }, 'failed'],
  ['one is missing', { arrived: 989 }, 'failed'],
  ['one of its own is missing', { badOnRecord: 9 }, 'failed'],
  ['memory grows', { memoryGrowthBytes: 200 * 1024 * 1024 }, 'failed'],
  ['the machine is slow', { freeP99Ms: 5_000, heldP99Ms: 9_000 }, 'unknown'],
]);

const answer = {
  operation: 'GET /v1/teams',
  fault: 'no database',
  status: 503,
  code: 'database_unavailable',
  hasStack: false,
};
judges('failures', judgeFailures, { answers: [answer], livesOn: true, unseen: 0 }, [
  ['an error without a code', { answers: [{ ...answer, status: 500, code: 'internal' }] }, 'failed'],
  ['a code that nobody knows', { answers: [{ ...answer, code: 'oops' }] }, 'failed'],
  ['no problem document', { answers: [{ ...answer, code: '' }] }, 'failed'],
  ['a stack', { answers: [{ ...answer, hasStack: true }] }, 'failed'],
  ['silence', { answers: [{ ...answer, status: null, code: '' }] }, 'failed'],
  ['a fault that changes nothing', { answers: [{ ...answer, status: 200, code: '' }] }, 'failed'],
  ['the process ended', { livesOn: false }, 'failed'],
  ['a promise nobody saw', { unseen: 1 }, 'failed'],
]);

test('what was acknowledged is compared with what is stored', () => {
  const stored = new Map([
    ['a', { events: 1, deliveries: 1 }],
    ['b', { events: 2, deliveries: 2 }],
    ['c', { events: 1, deliveries: 0 }],
  ]);
  expect(compareWithStored(new Set(['a', 'b', 'c', 'd']), stored)).toEqual({ missing: 1, doubled: 1, undelivered: 1 });
});

test('a quantile is one of the values', () => {
  expect([quantile([], 0.99), quantile([5], 0.99), quantile([3, 1, 2], 0.5), quantile([1, 2, 3], 1)]).toEqual([
    0, 5, 2, 3,
  ]);
});
