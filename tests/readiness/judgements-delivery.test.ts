import { describe, expect, test } from 'vitest';
import { judgeLimits } from '../../src/readiness/collectors/reliability/call.stays-within-provider-limits.rules.ts';
import { judgeAttemptCap } from '../../src/readiness/collectors/reliability/delivery.attempts-capped.rules.ts';
import { judgeBackoff } from '../../src/readiness/collectors/reliability/delivery.backoff-grows.rules.ts';
import { judgeAccounted } from '../../src/readiness/collectors/reliability/delivery.every-one-accounted-for.rules.ts';
import { judgeRetryWaits } from '../../src/readiness/collectors/reliability/delivery.retry-schedule-as-published.rules.ts';
import { judgeAnswerTimes } from '../../src/readiness/collectors/reliability/endpoint.answers-within-30s.rules.ts';
import { judgeSelectedEvents } from '../../src/readiness/collectors/reliability/endpoint.gets-selected-events-only.rules.ts';
import { judgeIdentifiers } from '../../src/readiness/collectors/reliability/event.identifiers-unique.rules.ts';
import { judgePublishers } from '../../src/readiness/collectors/reliability/event.publishers-use-keys.rules.ts';
import {
  compareMatches,
  type ComparedEndpoint,
  type MatchedEvent,
} from '../../src/readiness/collectors/reliability/matched-deliveries.rules.ts';
import { judgeAcceptance } from '../../src/readiness/collectors/monitoring/source.acceptance-rate-tracked.rules.ts';
import { judgeAttemptLog } from '../../src/readiness/collectors/monitoring/webhook.attempt-log-complete.rules.ts';
import { judgeSuccess } from '../../src/readiness/collectors/monitoring/webhook.success-rate-tracked.rules.ts';

describe('waits between attempts', () => {
  const scheduleSeconds = [60, 300];
  const wait = (number: number, seconds: number, hasRetryAfter = false) => ({ number, seconds, hasRetryAfter });
  const enough = Array.from({ length: 20 }, () => wait(2, 60));
  test.each([
    ['as planned', enough, 'passed'],
    ['too few', enough.slice(1), 'unknown'],
    ['20 % and 5 s late', [...enough, wait(2, 77)], 'passed'],
    ['later than that', [...enough, wait(2, 77.1)], 'failed'],
    ['earlier than that', [...enough, wait(2, 42.9)], 'failed'],
    ['the second ten times as long', [...enough, wait(3, 3_000)], 'failed'],
    ['asked for by the receiver', [...enough, wait(2, 900, true)], 'passed'],
    ['wrong though few', [wait(2, 600)], 'failed'],
    ['beyond the schedule', [...enough, wait(4, 5)], 'passed'],
  ])('%s', (_what, waits, state) => {
    expect(judgeRetryWaits({ scheduleSeconds, waits }).state).toBe(state);
  });
});

describe('the number of attempts', () => {
  const good = { mostAttempts: 5, overCap: 0, deadInQueue: 0 };
  test.each([
    ['five', {}, 'passed'],
    ['20', { mostAttempts: 20 }, 'passed'],
    ['21', { mostAttempts: 21 }, 'failed'],
    ['more than allowed', { overCap: 1 }, 'failed'],
    ['dead ones that come back', { deadInQueue: 1 }, 'failed'],
  ])('%s', (_what, change, state) => {
    expect(judgeAttemptCap({ ...good, ...change }).state).toBe(state);
  });
});

describe('backoff', () => {
  const group = { deliveries: 10, spreadSeconds: 3, plannedSeconds: 60 };
  test.each([
    ['the default', [60, 300, 1_800, 7_200], [], 'passed'],
    ['none', [], [], 'failed'],
    ['five equal waits', [60, 60, 60, 60, 60], [], 'failed'],
    ['one that shrinks', [300, 60, 7_200], [], 'failed'],
    ['half as long again', [1_000, 1_500, 2_250], [], 'passed'],
    ['less than that', [1_000, 1_499, 2_250], [], 'failed'],
    ['up to a ceiling, and there', [600, 1_800, 7_200, 7_200, 7_200], [], 'passed'],
    ['less than an hour', [60, 300], [], 'failed'],
    ['spread by 5 %', [60, 300, 7_200], [group], 'passed'],
    ['all at once', [60, 300, 7_200], [{ ...group, spreadSeconds: 2.9 }], 'failed'],
    ['two that came together by chance', [60, 300, 7_200], [{ ...group, deliveries: 2, spreadSeconds: 0 }], 'passed'],
  ])('%s', (_what, scheduleSeconds, groups, state) => {
    expect(judgeBackoff({ scheduleSeconds, groups }).state).toBe(state);
  });
});

describe('matching events with endpoints once more', () => {
  const event: MatchedEvent = {
    id: 'evt_1',
    type: 'a.b',
    source: null,
    atMs: 10_000,
    payload: undefined,
    endpoints: ['e'],
  };
  const endpoint: ComparedEndpoint = {
    id: 'e',
    name: 'ep_e',
    eventTypes: ['a.b'],
    sources: null,
    matches: null,
    changedAtMs: 0,
  };
  const compared = (
    one: Partial<MatchedEvent>,
    with_: Partial<ComparedEndpoint> = {},
    tests: { endpoint: string; atMs: number }[] = [],
  ) => {
    const { pairs, missing, surplus } = compareMatches([{ ...event, ...one }], [{ ...endpoint, ...with_ }], tests);
    return [pairs, missing.length, surplus.length];
  };
  const data = { matches: (payload: unknown) => (payload as { n: number }).n === 1 };
  test.each([
    ['chosen and there', compared({}), [1, 0, 0]],
    ['chosen and not there', compared({ endpoints: [] }), [1, 1, 0]],
    ['not chosen and there', compared({ type: 'a.c' }), [1, 0, 1]],
    ['not chosen and not there', compared({ type: 'a.c', endpoints: [] }), [1, 0, 0]],
    ['a name that only begins alike', compared({ type: 'a.b.c' }), [1, 0, 1]],
    ['from before a change', compared({ endpoints: [] }, { changedAtMs: 10_000 }), [0, 0, 0]],
    ['of another source', compared({ source: 's' }, { sources: ['t'] }), [1, 0, 1]],
    ['of the API, where sources are named', compared({ endpoints: [] }, { sources: ['t'] }), [1, 0, 0]],
    ['a filter that takes it', compared({ payload: { data: { n: 1 } } }, data), [1, 0, 0]],
    ['a filter that does not', compared({ payload: { data: { n: 2 } } }, data), [1, 0, 1]],
    ['a filter and no payload', compared({}, data), [0, 0, 0]],
    ['a filter and the payload of a source', compared({ source: 's', payload: { n: 1 } }, data), [1, 0, 0]],
    ['a test event', compared({ type: 'x' }, {}, [{ endpoint: 'ep_e', atMs: 9_000 }]), [0, 0, 0]],
    ['a test of another endpoint', compared({ type: 'x' }, {}, [{ endpoint: 'ep_f', atMs: 9_000 }]), [1, 0, 1]],
    ['long after a test', compared({ type: 'x' }, {}, [{ endpoint: 'ep_e', atMs: 1_000 }]), [1, 0, 1]],
  ])('%s', (_what, found, expected) => {
    expect(found).toEqual(expected);
  });
});

const pair = { event: 'evt_1', endpoint: 'ep_1', type: 'a.b' };
const matching = { events: 9, pairs: 9, missing: [], surplus: [] };

test.each([
  ['all came', { eventTypes: ['a.b'], unregistered: [], matching }, 'passed'],
  ['nothing to compare', { eventTypes: ['a.b'], unregistered: [], matching: { ...matching, pairs: 0 } }, 'unknown'],
  ['one is missing', { eventTypes: ['a.b'], unregistered: [], matching: { ...matching, missing: [pair] } }, 'failed'],
  ['one too many', { eventTypes: ['a.b'], unregistered: [], matching: { ...matching, surplus: [pair] } }, 'failed'],
  ['no subscription', { eventTypes: [], unregistered: [], matching }, 'failed'],
  ['a type nobody registered', { eventTypes: ['a.b'], unregistered: ['a.b'], matching }, 'failed'],
])('what an endpoint chose: %s', (_what, facts, state) => {
  expect(judgeSelectedEvents(facts).state).toBe(state);
});

test.each([
  ['all', {}, 'passed'],
  ['nothing to compare', { pairs: 0 }, 'unknown'],
  ['one is missing', { missing: [pair] }, 'failed'],
  ['one too many', { surplus: [pair] }, 'failed'],
  ['one in no known state', { stateless: 1 }, 'failed'],
  ['one forgotten in the queue', { overdue: 1 }, 'failed'],
])('accounted for: %s', (_what, change, state) => {
  const good = { teams: 1, events: 9, pairs: 9, missing: [], surplus: [], stateless: 0, overdue: 0 };
  expect(judgeAccounted({ ...good, ...change }).state).toBe(state);
});

test.each([
  ['carried by every attempt', {}, 'passed'],
  ['not carried by one', { foreignIds: 1 }, 'failed'],
  ['twice', { distinctIds: 8 }, 'failed'],
  ['unguarded', { unguarded: ['event_20261121'] }, 'failed'],
  ['never sent', { attempts: 0 }, 'unknown'],
])('ids of events: %s', (_what, change, state) => {
  expect(
    judgeIdentifiers({ unguarded: [], events: 9, distinctIds: 9, attempts: 9, foreignIds: 0, ...change }).state,
  ).toBe(state);
});

test.each([
  ['quick', { attempts: 100, p99Ms: 10_000, timeouts: 0 }, 'passed'],
  ['slow', { attempts: 100, p99Ms: 10_001, timeouts: 0 }, 'failed'],
  ['1 % in time-outs', { attempts: 100, p99Ms: 900, timeouts: 1 }, 'failed'],
  ['fewer time-outs', { attempts: 101, p99Ms: 900, timeouts: 1 }, 'passed'],
  ['hardly asked', { attempts: 19, p99Ms: 1, timeouts: 0 }, 'unknown'],
  ['never asked', { attempts: 0, p99Ms: null, timeouts: 0 }, 'unknown'],
])('answers of an endpoint: %s', (_what, facts, state) => {
  expect(judgeAnswerTimes(facts).state).toBe(state);
});

test.each([
  ['with keys', { posts: 200, withKey: 199, repeatedUnderOtherKey: 0 }, 'passed'],
  ['too many without', { posts: 200, withKey: 198, repeatedUnderOtherKey: 0 }, 'failed'],
  ['again under another key', { posts: 200, withKey: 200, repeatedUnderOtherKey: 1 }, 'failed'],
  ['once in 2,000', { posts: 2_000, withKey: 2_000, repeatedUnderOtherKey: 1 }, 'passed'],
  ['few', { posts: 49, withKey: 49, repeatedUnderOtherKey: 0 }, 'unknown'],
  ['none', { posts: 0, withKey: 0, repeatedUnderOtherKey: 0 }, 'not-applicable'],
])('posts: %s', (_what, facts, state) => {
  expect(judgePublishers(facts).state).toBe(state);
});

test.each([
  ['four fifths of it', { limits: [{ name: 'v2', tier: 1_000, own: 800 }] }, 'passed'],
  ['more', { limits: [{ name: 'v2', tier: 1_000, own: 801 }] }, 'failed'],
  ['all of it', { limits: [{ name: 'v2', tier: 1_000, own: null }] }, 'failed'],
  ['none known', { limits: [] }, 'unknown'],
  ['a 429', { refused429: 1 }, 'failed'],
  ['a tenth left', { leastLeftPercent: 10 }, 'passed'],
  ['less left', { leastLeftPercent: 9 }, 'failed'],
])('limits of a provider: %s', (_what, change, state) => {
  const good = {
    limits: [{ name: 'v2', tier: 1_000, own: 500 }],
    calls7Days: 9,
    refused429: 0,
    leastLeftPercent: null,
  };
  expect(judgeLimits({ ...good, ...change }).state).toBe(state);
});

test.each([
  ['all', { finished: 100, succeeded: 100, atFirstAttempt: 100 }, 'passed'],
  ['99 %', { finished: 100, succeeded: 99, atFirstAttempt: 95 }, 'passed'],
  ['98 %', { finished: 100, succeeded: 98, atFirstAttempt: 98 }, 'failed'],
  ['94 % at once', { finished: 100, succeeded: 100, atFirstAttempt: 94 }, 'failed'],
  ['of few', { finished: 19, succeeded: 0, atFirstAttempt: 0 }, 'unknown'],
])('deliveries that succeed: %s', (_what, facts, state) => {
  expect(judgeSuccess(facts).state).toBe(state);
});

test.each([
  ['whole', {}, 'passed'],
  ['empty', { attempts: 0 }, 'unknown'],
  ['miscounted', { miscounted: 1 }, 'failed'],
  ['bare', { bare: 1 }, 'failed'],
  ['without answers', { withoutAnswer: 1 }, 'failed'],
])('the log of attempts: %s', (_what, change, state) => {
  expect(
    judgeAttemptLog({ deliveries: 9, attempts: 9, miscounted: 0, bare: 0, withoutAnswer: 0, ...change }).state,
  ).toBe(state);
});

test.each([
  ['all', 1_000, [], 'passed'],
  ['five in a thousand refused', 995, [{ reason: 'body_too_large', count: 5 }], 'passed'],
  ['six', 994, [{ reason: 'rate_limited', count: 6 }], 'failed'],
  ['forged ones', 100, [{ reason: 'signature_mismatch', count: 900 }], 'passed'],
  ['few', 19, [], 'unknown'],
])('what a source accepts: %s', (_what, accepted, refused, state) => {
  expect(judgeAcceptance({ accepted, refused }).state).toBe(state);
});
