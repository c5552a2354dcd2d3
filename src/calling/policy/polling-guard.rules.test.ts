import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { docusignApi } from '../../providers/docusign/api.rules.ts';
import { emptyHistory, judge, refresh, remember } from './polling-guard.rules.ts';
import type { PollingHistory } from './polling-guard.rules.ts';

const windowMs = 900_000;
const account = '/restapi/v2.1/accounts/1/envelopes';
const minutes = (count: number): number => count * 60_000;

/** A GET of DocuSign as the guard sees it. */
function get(path: string) {
  const { pathname, searchParams: query } = new URL(path, 'https://demo.docusign.net');
  const request = { method: 'GET', path: pathname, query };
  const { name, subject } = docusignApi.operationOf(request);
  return { resource: docusignApi.polling?.resourceOf(request) ?? '', subject, operation: name };
}

/** Calls one a minute, each with its place as its id. */
function after(...paths: string[]): PollingHistory {
  return paths.reduce(
    (history, path, index) => remember(history, { ...get(path), callId: `call_${index}`, atMs: minutes(index) }),
    emptyHistory,
  );
}

const judged = (history: PollingHistory, path: string, nowMs: number) => judge(history, get(path), windowMs, nowMs);

describe('a repeated call', () => {
  test('is a violation within 15 minutes, and says what it repeats and how long to wait', () => {
    const history = after(`${account}/AAA/documents`);
    expect(judged(history, `${account}/AAA/documents/`, minutes(5))).toEqual({
      verdict: 'violation',
      callId: 'call_0',
      agoMs: minutes(5),
      waitMs: minutes(10),
      pattern: 'repeat',
    });
    expect(judged(history, `${account}/AAA/documents`, windowMs - 1)).toMatchObject({ waitMs: 1 });
    expect(judged(history, `${account}/AAA/documents`, windowMs)).toEqual({ verdict: 'ok' });
  });

  test('is none on another document, another envelope, or the envelope itself', () => {
    const history = after(`${account}/AAA/documents/1`);
    for (const path of ['AAA/documents/2', 'BBB/documents/1', 'AAA', 'AAA/documents']) {
      expect(judged(history, `${account}/${path}`, 1)).toEqual({ verdict: 'ok' });
    }
  });

  test('of a list after getting its members shows that the list should have been kept', () => {
    const paths = ['documents', 'documents/1', 'documents/2'].map((path) => `${account}/AAA/${path}`);
    expect(judged(after(...paths), `${account}/AAA/documents`, minutes(4))).toMatchObject({
      pattern: 'list-then-get',
      callId: 'call_0',
    });
    expect(judged(after(...paths.toReversed()), `${account}/AAA/documents`, minutes(4))).toMatchObject({
      pattern: 'repeat',
    });
  });

  test('of a list of envelopes with one of them got in between is the same, whatever its query', () => {
    const history = after(`${account}?from_date=2026-01-01`, `${account}/AAA`);
    expect(judged(history, `${account}?from_date=2026-01-01`, minutes(2))).toMatchObject({ pattern: 'list-then-get' });
    for (const part of ['AAA/documents', 'AAA/documents/1']) {
      expect(judged(after(account, `${account}/${part}`), account, minutes(2))).toMatchObject({
        pattern: 'list-then-get',
      });
    }
  });

  test('of one envelope is a repeat, although its documents lie below it', () => {
    const history = after(`${account}/AAA`, `${account}/AAA/documents`);
    expect(judged(history, `${account}/AAA`, minutes(2))).toMatchObject({ pattern: 'repeat' });
  });
});

describe('an event', () => {
  const history = after(`${account}/AAA`, `${account}/AAA/recipients`);

  test('makes the next call about its subject legitimate, on each resource, and only the next', () => {
    const told = refresh(history, 'AAA', minutes(2));
    expect(judged(told, `${account}/AAA`, minutes(3))).toEqual({ verdict: 'ok' });
    const again = remember(told, { ...get(`${account}/AAA`), callId: 'call_9', atMs: minutes(3) });
    expect(judged(again, `${account}/AAA`, minutes(4))).toMatchObject({ callId: 'call_9' });
    expect(judged(again, `${account}/AAA/recipients`, minutes(4))).toEqual({ verdict: 'ok' });
  });

  test('before the last call, or about another subject, changes nothing', () => {
    expect(judged(refresh(history, 'AAA', -1), `${account}/AAA`, minutes(3)).verdict).toBe('violation');
    expect(judged(refresh(history, 'BBB', minutes(2)), `${account}/AAA`, minutes(3)).verdict).toBe('violation');
  });
});

test('a clock that was set back by more than the window makes no violations', () => {
  const history = remember(emptyHistory, { ...get(`${account}/AAA`), callId: 'call_0', atMs: minutes(120) });
  expect(judged(history, `${account}/AAA`, minutes(60))).toEqual({ verdict: 'ok' });
  expect(judged(history, `${account}/AAA`, minutes(119))).toMatchObject({ agoMs: 0, waitMs: windowMs });
});

test('it agrees with a search through all calls and events, in whatever order they are remembered', () => {
  const names = ['AAA', 'AAA/documents', 'AAA/documents/1', 'BBB', 'BBB/documents'];
  const step = fc.record({ path: fc.constantFrom(...names), atMs: fc.nat(60), isEvent: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), fc.constantFrom(...names), (steps, path) => {
      const nowMs = 60;
      let history = emptyHistory;
      for (const [index, each] of steps.entries()) {
        const call = get(`${account}/${each.path}`);
        history = each.isEvent
          ? refresh(history, call.subject ?? '', each.atMs)
          : remember(history, { ...call, callId: `call_${index}`, atMs: each.atMs });
      }
      const call = get(`${account}/${path}`);
      const own = steps.filter((each) => !each.isEvent && each.path === path).map(({ atMs }) => atMs);
      const lastMs = Math.max(...own);
      const isTold = steps.some(
        (each) => each.isEvent && get(`${account}/${each.path}`).subject === call.subject && each.atMs >= lastMs,
      );
      const isViolation = own.length > 0 && nowMs - lastMs < 40 && !isTold;
      expect(judge(history, call, 40, nowMs).verdict).toBe(isViolation ? 'violation' : 'ok');
    }),
  );
});

test('what is remembered is bounded, and the newest calls are kept', () => {
  let history = emptyHistory;
  const call = (index: number) => get(`${account}/envelope-${index}/documents/${index}`);
  for (let index = 0; index < 30_000; index += 1) {
    history = remember(history, { ...call(index), callId: `call_${index}`, atMs: index });
    history = refresh(history, `envelope-${index}`, index - 1);
  }
  for (const shards of Object.values(history)) {
    expect(shards.reduce((sum, shard) => sum + shard.size, 0)).toBeLessThanOrEqual(64 * 256);
  }
  expect(judge(history, call(29_999), windowMs, 30_000).verdict).toBe('violation');
  expect(judge(history, call(25_000), windowMs, 30_000).verdict).toBe('violation');
  expect(judge(history, call(0), windowMs, 30_000).verdict).toBe('ok');
});
