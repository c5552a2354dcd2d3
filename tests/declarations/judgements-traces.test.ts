import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeChange } from '../../src/audit/audited-fields.rules.ts';
import { auditedEndpoint } from '../../src/endpoints/endpoint-facts.ts';
import {
  applyEntries,
  type ChangeEntry,
  type CurrentThing,
  judgeTraces,
  nothingApplied,
  urlDigest,
} from '../../src/readiness/collectors/security/audit.webhook-changes-traceable.rules.ts';

const nowMs = Date.parse('2026-11-20T12:00:00Z');
const dayMs = 86_400_000;
type State = {
  url: string;
  description: string | null;
  eventTypes: readonly string[];
  status: string;
  rateLimit: { perSecond: number } | null;
  headerNames: string[];
  headerValues: string[];
  secretIds: string[];
};
const first: State = {
  url: 'https://a.example.com/hook?token=secret',
  description: null,
  eventTypes: ['*'],
  status: 'active',
  rateLimit: null,
  headerNames: [],
  headerValues: [],
  secretIds: ['sec_1'],
};
const changes = fc.record(
  {
    url: fc.constantFrom('https://a.example.com/hook', 'https://b.example.com/?key=1', 'https://b.example.com/?key=2'),
    description: fc.constantFrom(null, 'one', 'two'),
    eventTypes: fc.constantFrom(['*'], ['invoice.paid'], ['invoice.paid', 'invoice.*']),
    status: fc.constantFrom('active', 'paused'),
    rateLimit: fc.constantFrom(null, { perSecond: 5 }, { perSecond: 50 }),
  },
  { requiredKeys: [] },
);

function entry(action: string, before: State | null, after: (State & object) | null, atMs: number): ChangeEntry {
  return {
    sequence: 1,
    atMs,
    actorKind: 'operator',
    actorId: null,
    action: `endpoint.${action}`,
    targetId: 'ep_1',
    ...describeChange(auditedEndpoint, before, after),
    requestId: 'req_1',
  };
}
function current({ headerNames, headerValues: _values, secretIds, url, ...rest }: State): CurrentThing {
  return { id: 'ep_1', secretIds, fields: { ...rest, headerNames: headerNames.length > 0, url: urlDigest(url) } };
}
const judge = (entries: ChangeEntry[], things: CurrentThing[], more: { complete?: boolean } = {}) =>
  judgeTraces(
    { applied: applyEntries(nothingApplied, entries), current: things, complete: true, obstacle: null, ...more },
    nowMs,
  );

describe('audit.webhook-changes-traceable', () => {
  test('finds no difference after any changes over the API, in pages or at once', () => {
    fc.assert(
      fc.property(fc.array(changes, { maxLength: 12 }), fc.nat(12), (made, cut) => {
        const states = [first];
        for (const change of made) states.push({ ...(states.at(-1) as State), ...change });
        const entries = states.map((state, index) =>
          entry(index === 0 ? 'created' : 'updated', states[index - 1] ?? null, state, nowMs - dayMs),
        );
        const last = current(states.at(-1) as State);
        const inPages = applyEntries(applyEntries(nothingApplied, entries.slice(0, cut)), entries.slice(cut));
        expect(judge(entries, [last])).toMatchObject({ state: 'passed' });
        expect(inPages).toEqual(applyEntries(nothingApplied, entries));
      }),
    );
  });

  test('names the field that was changed past the API, whichever it is', () => {
    const others: Partial<State> = {
      url: 'https://a.example.com/hook?token=other',
      description: 'planted',
      eventTypes: ['invoice.paid'],
      status: 'paused',
      rateLimit: { perSecond: 1 },
      headerNames: ['x-planted'],
      secretIds: ['sec_1', 'sec_2'],
    };
    for (const [name, value] of Object.entries(others)) {
      const found = judge([entry('created', null, first, nowMs - dayMs)], [current({ ...first, [name]: value })]);
      expect(found, name).toMatchObject({ state: 'failed' });
      expect(found.seen).toContain(`${name} of ep_1`);
      expect(JSON.stringify(found)).not.toContain('token');
    }
  });

  test('a change that was made and taken back is seen by the entry that came between', () => {
    const made = entry('created', null, first, nowMs - 3 * dayMs);
    const planted = { ...first, status: 'paused' };
    const between = entry('updated', planted, { ...planted, status: 'active' }, nowMs - dayMs);
    expect(judge([made, between], [current(first)])).toMatchObject({
      state: 'failed',
      seen: expect.stringContaining('status of ep_1 was changed between entries') as string,
    });
    const longAgo = { ...between, atMs: nowMs - 91 * dayMs };
    expect(judge([made, longAgo], [current(first)])).toMatchObject({ state: 'passed' });
  });

  test('a secret that a rotation let run out is gone rightly, and one that still signs is not', () => {
    const rotated = { ...first, secretIds: ['sec_2', 'sec_1'], overlapSeconds: 3_600 };
    const entries = (atMs: number) => [
      entry('created', null, first, nowMs - 9 * dayMs),
      entry('secret-rotated', first, rotated, atMs),
      entry('updated', { ...first, secretIds: rotated.secretIds }, { ...first, secretIds: rotated.secretIds }, atMs),
    ];
    const now = current({ ...first, secretIds: ['sec_2'] });
    const both = current({ ...first, secretIds: ['sec_2', 'sec_1'] });
    expect(judge(entries(nowMs - dayMs), [now])).toMatchObject({ state: 'passed' });
    expect(judge(entries(nowMs - dayMs), [both])).toMatchObject({ state: 'failed' });
    expect(judge(entries(nowMs - 60_000), [both])).toMatchObject({ state: 'passed' });
    expect(judge(entries(nowMs - 60_000), [now])).toMatchObject({ state: 'failed' });
  });

  test('what has no creation on record fails, and is unknown where the log is younger', () => {
    expect(judge([], [current(first)])).toMatchObject({ state: 'failed' });
    expect(judge([], [current(first)], { complete: false })).toMatchObject({ state: 'unknown' });
    expect(judge([], [])).toMatchObject({ state: 'passed' });
  });

  test('what is gone, or is there again, without an entry is found', () => {
    const created = entry('created', null, first, nowMs - 2 * dayMs);
    const deleted = entry('deleted', first, null, nowMs - dayMs);
    expect(judge([created], [])).toMatchObject({ state: 'failed' });
    expect(judge([created, deleted], [])).toMatchObject({ state: 'passed' });
    expect(judge([created, deleted], [current(first)])).toMatchObject({ state: 'failed' });
  });

  test.each([
    ['without a request', { requestId: null }],
    ['without a key', { actorKind: 'api-key', actorId: null }],
    ['by nobody that is known', { actorKind: 'somebody' }],
    ['without what it made', { after: null }],
    ['with what has to be masked', { after: { url: 'https://a.example.com', headerValues: ['x-key', 'open'] } }],
  ])('an entry %s is not complete', (_, lacking) => {
    const created = { ...entry('created', null, first, nowMs - dayMs), ...lacking };
    expect(judge([created], [current(first)]).values).toContainEqual({ name: 'incompleteEntries', value: 1 });
    expect(judge([created], [current(first)]).state).toBe('failed');
  });
});
