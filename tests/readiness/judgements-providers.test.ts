import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ReviewedCalls } from '../../src/readiness/collectors/providers/docusign-calls.ts';
import {
  cleanCallsNeeded,
  isClean,
  newestTries,
  repeatedReads,
  type ReviewedCall,
} from '../../src/readiness/collectors/providers/docusign-tries.rules.ts';
import { judgeAuthentication } from '../../src/readiness/collectors/providers/docusign.auth.oauth2-only.rules.ts';
import { judgeListReads } from '../../src/readiness/collectors/providers/docusign.golive.list-read-once.rules.ts';
import { judgePolling } from '../../src/readiness/collectors/providers/docusign.golive.no-polling.rules.ts';
import { judgeCleanCalls } from '../../src/readiness/collectors/providers/docusign.golive.twenty-clean-calls.rules.ts';
import { judgeBaseUrls } from '../../src/readiness/collectors/providers/docusign.production.base-urls.rules.ts';
import {
  type ConnectCoverage,
  judgeConnect,
} from '../../src/readiness/collectors/providers/docusign.updates.by-connect.rules.ts';
import { judgeDocumensoAnswers } from '../../src/readiness/collectors/providers/documenso.api.answers-200.rules.ts';
import { judgeGorouteAddress } from '../../src/readiness/collectors/providers/goroute.api.production-address-answers.rules.ts';
import { judgeGorouteEvents } from '../../src/readiness/collectors/providers/goroute.webhook.one-event-per-id.rules.ts';

const startMs = Date.UTC(2026, 10, 21);
const minute = 60_000;
const envelope = '/restapi/v2.1/accounts/a/envelopes/e1';
let made = 0;

/** A call at so many seconds, answered 200 unless it is said. */
function called(atSeconds: number, resource: string | null = null, change: Partial<ReviewedCall> = {}): ReviewedCall {
  made += 1;
  const atMs = startMs + atSeconds * 1000;
  const status = change.status === undefined ? 200 : change.status;
  return {
    id: `call_${made}`,
    atMs,
    method: 'GET',
    path: resource ?? '/restapi/v2.1/accounts/a',
    resource,
    subject: resource === null ? null : 'e1',
    outcome: status !== null && status < 400 ? 1 : 2,
    status,
    error: null,
    errorCode: null,
    credentialKind: 'docusign-jwt',
    tries: [[status, change.error ?? null, atMs, 10]],
    ...change,
  };
}
const clean = (count: number, fromSeconds = 0): ReviewedCall[] =>
  Array.from({ length: count }, (_, index) => called(fromSeconds + index));
const facts = (calls: readonly ReviewedCall[]): ReviewedCalls => ({
  concerned: true,
  connections: 1,
  newest: calls,
  reads: calls,
});
const other: ReviewedCalls = { concerned: false, why: 'It is another provider.' };

describe('the 20 newest calls', () => {
  test.each([
    ['20 clean ones', clean(20), 'passed', 0],
    ['19 clean ones', clean(19), 'failed', 1],
    ['none', [], 'failed', 20],
    ['the newest failed', [...clean(20), called(99, null, { status: 400 })], 'failed', 20],
    ['the tenth newest failed', [...clean(10), called(50, null, { status: 400 }), ...clean(9, 60)], 'failed', 11],
    ['the 21st newest failed', [called(0, null, { status: 500 }), ...clean(20, 1)], 'passed', 0],
    ['one without an end', [...clean(20), called(99, null, { status: null, outcome: 3, tries: null })], 'failed', 20],
    ['one under way', [...clean(20), called(99, null, { status: null, outcome: 0, tries: null })], 'failed', 20],
    ['a redirect', [...clean(19), called(99, null, { status: 302 })], 'passed', 0],
  ])('%s', (_what, calls, state, needed) => {
    const finding = judgeCleanCalls(facts(calls));
    expect(finding.state).toBe(state);
    expect(finding.values).toContainEqual({ name: 'cleanCallsNeeded', value: needed });
  });

  test('count every retry, as DocuSign does', () => {
    const retried = called(99, null, {
      tries: [
        [503, 'provider_failed', startMs + 99_000, 5],
        [200, null, startMs + 99_500, 5],
      ],
    });
    const tries = newestTries([...clean(20), retried]);
    expect(tries).toHaveLength(20);
    expect(tries.map(isClean).filter((is) => !is)).toHaveLength(1);
    expect(cleanCallsNeeded(tries)).toBe(19);
  });

  test('so many clean calls as are said to be needed are enough, and one fewer are not', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 60 }), (good) => {
        const calls = good.map((each, index) => called(index, null, { status: each ? 200 : 400 }));
        const needed = cleanCallsNeeded(newestTries(calls));
        const after = (count: number) => judgeCleanCalls(facts([...calls, ...clean(count, 1_000)])).state;
        expect(after(needed)).toBe('passed');
        if (needed > 0) expect(after(needed - 1)).toBe('failed');
      }),
    );
  });

  test('concern nobody else', () => {
    for (const judge of [judgeCleanCalls, judgePolling, judgeListReads])
      expect(judge(other).state).toBe('not-applicable');
  });
});

describe('reads that come again', () => {
  const documents = `${envelope}/documents`;
  test.each([
    ['of other resources', [called(0, envelope), called(1, documents)], 0, 0],
    ['of two documents', [called(0, `${documents}/1`), called(1, `${documents}/2`)], 0, 0],
    ['within 15 minutes', [called(0, envelope), called(14 * 60 + 59, envelope)], 1, 0],
    ['after exactly 15 minutes', [called(0, envelope), called(15 * 60, envelope)], 0, 0],
    ['three times', [called(0, envelope), called(120, envelope), called(240, envelope)], 2, 0],
    ['with another query', [called(0, `${documents}?count=1`), called(9, `${documents}?count=2`)], 1, 0],
    ['with a slash at the end', [called(0, documents), called(9, `${documents}/`)], 1, 0],
    [
      'of a list after its member',
      [called(0, documents), called(1, `${documents}/1`), called(2, documents), called(3, `${documents}/2`)],
      0,
      1,
    ],
    [
      'of a list without a member between',
      [called(0, documents), called(2, documents), called(3, `${documents}/1`)],
      1,
      0,
    ],
    ['of an envelope after its documents', [called(0, envelope), called(1, documents), called(2, envelope)], 1, 0],
    ['of no envelope', [called(0, '/x', { subject: null }), called(1, '/x', { subject: null })], 0, 0],
    ['by other methods', [called(0, envelope, { method: 'PUT' }), called(1, envelope, { method: 'PUT' })], 0, 0],
  ])('%s', (_what, calls, repeats, lists) => {
    const pairs = repeatedReads(newestTries(calls), calls);
    expect(pairs.filter(({ isListThenGet }) => !isListThenGet)).toHaveLength(repeats);
    expect(pairs.filter(({ isListThenGet }) => isListThenGet)).toHaveLength(lists);
    expect(judgePolling(facts(calls)).state).toBe(repeats === 0 ? 'passed' : 'failed');
    expect(judgeListReads(facts(calls)).state).toBe(lists === 0 ? 'passed' : 'failed');
  });

  test('count when only the second is among the 20, and not when neither is', () => {
    const first = called(0, envelope);
    const second = called(60, envelope);
    const behind = [first, ...clean(25, 30).map((call) => ({ ...call, atMs: call.atMs }))];
    const seen = [...behind, second];
    expect(repeatedReads(newestTries(seen), seen)).toHaveLength(1);
    const past = [first, second, ...clean(20, 100)];
    expect(repeatedReads(newestTries(past), past)).toHaveLength(0);
  });

  test('each is in exactly one of the two checks', () => {
    const resources = [envelope, `${envelope}/documents`, `${envelope}/documents/1`, `${envelope}/recipients`];
    const reads = fc.array(
      fc.record({ resource: fc.constantFrom(...resources), gap: fc.integer({ min: 1, max: 600 }) }),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(reads, (each) => {
        let at = 0;
        const calls = each.map(({ resource, gap }) => called((at += gap), resource));
        const pairs = repeatedReads(newestTries(calls), calls);
        const expected = calls.filter((call, index) => {
          const before = calls.slice(0, index).findLast(({ resource }) => resource === call.resource);
          return before !== undefined && call.atMs - before.atMs < 15 * minute;
        });
        expect(pairs.map(({ secondAtMs }) => secondAtMs)).toEqual(expected.map(({ atMs }) => atMs));
      }),
    );
  });
});

describe('authentication', () => {
  test.each([
    ['by the grant', [{ kind: 'docusign-jwt', calls: 9 }], 'passed'],
    ['never', [], 'unknown'],
    [
      'by a token given by hand',
      [
        { kind: 'docusign-jwt', calls: 9 },
        { kind: 'bearer', calls: 1 },
      ],
      'unknown',
    ],
    [
      'by an old header',
      [
        { kind: 'docusign-jwt', calls: 9 },
        { kind: 'header', calls: 1 },
      ],
      'failed',
    ],
    ['by nothing', [{ kind: null, calls: 1 }], 'failed'],
  ])('%s', (_what, kinds, state) => {
    expect(judgeAuthentication({ concerned: true, kinds, callsMost: 20_000 }).state).toBe(state);
  });
});

describe('addresses of production', () => {
  const good = { concerned: true as const, baseHost: null, tokenHosts: [null], sandboxCalls: 0 };
  test.each([
    ['found with the credentials', good, 'passed'],
    ['a server of production', { ...good, baseHost: 'eu.docusign.net' }, 'passed'],
    ['the demo', { ...good, baseHost: 'demo.docusign.net' }, 'failed'],
    ['somewhere else', { ...good, baseHost: 'docusign.net.example.com' }, 'failed'],
    ['tokens of the demo', { ...good, tokenHosts: ['account-d.docusign.com'] }, 'failed'],
    ['tokens of production', { ...good, tokenHosts: ['account.docusign.com'] }, 'passed'],
    ['calls of the sandbox', { ...good, sandboxCalls: 1 }, 'failed'],
  ])('%s', (_what, given, state) => {
    expect(judgeBaseUrls(given).state).toBe(state);
  });
});

describe('news by Connect', () => {
  const good: Extract<ConnectCoverage, { concerned: true }> = {
    concerned: true,
    sources: 1,
    types: ['sent', 'delivered', 'completed', 'declined', 'voided'].map((name) => `envelope-${name}`),
    ended: 100,
    endedByEvent: 100,
    calls: 100,
    statusReads: 10,
    unledReads: 2,
  };
  test.each([
    ['come', {}, 'passed'],
    ['come of 99 of 100', { endedByEvent: 99 }, 'passed'],
    ['come of 98 of 100', { endedByEvent: 98 }, 'failed'],
    ['are asked for by 3 % of calls', { unledReads: 3 }, 'failed'],
    ['have no source', { sources: 0 }, 'failed'],
    ['never told of a void', { types: good.types.slice(0, 4) }, 'unknown'],
    ['had nothing to tell', { ended: 0, endedByEvent: 0 }, 'unknown'],
  ])('%s', (_what, change, state) => {
    expect(judgeConnect({ ...good, ...change }).state).toBe(state);
  });
});

describe('answers of Documenso', () => {
  const newest = { status: 200, durationMs: 50, problem: null, isList: true };
  const good = { concerned: true as const, newest, lists24Hours: 100, answered200: 100 };
  test.each([
    ['a list', good, 'passed'],
    ['no answer', { ...good, newest: { ...newest, status: 0, problem: 'provider_timeout' } }, 'failed'],
    ['503', { ...good, newest: { ...newest, status: 503 } }, 'failed'],
    ['a page of something else', { ...good, newest: { ...newest, isList: false } }, 'failed'],
    ['after 5 s', { ...good, newest: { ...newest, durationMs: 5_000 } }, 'passed'],
    ['after more than 5 s', { ...good, newest: { ...newest, durationMs: 5_001 } }, 'failed'],
    ['99 of 100 within a day', { ...good, answered200: 99 }, 'passed'],
    ['98 of 100 within a day', { ...good, answered200: 98 }, 'failed'],
  ])('%s', (_what, given, state) => {
    expect(judgeDocumensoAnswers(given).state).toBe(state);
  });
});

describe('GoRoute', () => {
  const url = 'https://app.goroute.ai/peppol-api';
  const health = { status: 200, durationMs: 50, problem: null };
  const good = { concerned: true as const, baseUrl: url, productionUrl: url, health };
  test.each([
    ['answers', good, 'passed'],
    ['has another path', { ...good, baseUrl: 'https://app.goroute.ai/other' }, 'failed'],
    ['refuses the key', { ...good, health: { ...health, status: 401 } }, 'failed'],
    ['fails', { ...good, health: { ...health, status: 502 } }, 'failed'],
    ['does not answer', { ...good, health: { ...health, status: 0 } }, 'failed'],
    ['is slow', { ...good, health: { ...health, durationMs: 5_001 } }, 'failed'],
  ])('%s', (_what, given, state) => {
    expect(judgeGorouteAddress(given).state).toBe(state);
  });

  const events = { concerned: true as const, events: 9, withoutId: 0, repeatedIds: 0, dedupeWindowSeconds: 2_592_000 };
  test.each([
    ['one event for each id', events, 'passed'],
    ['none', { ...events, events: 0 }, 'unknown'],
    ['one without an id', { ...events, withoutId: 1 }, 'failed'],
    ['two with one id', { ...events, repeatedIds: 1 }, 'failed'],
    ['ids that are forgotten too soon', { ...events, dedupeWindowSeconds: 2_591_999 }, 'failed'],
  ])('sends %s', (_what, given, state) => {
    expect(judgeGorouteEvents(given).state).toBe(state);
  });
});
