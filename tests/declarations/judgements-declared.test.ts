import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeAuditKeeping } from '../../src/readiness/collectors/compliance/compliance.audit.retained.rules.ts';
import {
  judgeFields,
  kindOf,
  personalPathsOf,
} from '../../src/readiness/collectors/compliance/compliance.privacy.fields-classified.rules.ts';
import { leavesOf } from '../../src/readiness/collectors/json-leaves.rules.ts';
import { judgeRepeatedReads } from '../../src/readiness/collectors/scalability/cache.completed-documents-served-once.rules.ts';
import {
  judgeRoles,
  type MemberFact,
} from '../../src/readiness/collectors/security/access.roles-assigned-narrowly.rules.ts';
import { judgeKeyUse } from '../../src/readiness/collectors/security/api-key.unused-ones-revoked.rules.ts';
import { judgeAllowList } from '../../src/readiness/collectors/security/network.ip-allow-list-configured.rules.ts';
import {
  judgeLimits,
  type Limited,
} from '../../src/readiness/collectors/security/network.rate-limits-fit-traffic.rules.ts';

const nowMs = Date.parse('2026-11-20T12:00:00Z');
const dayMs = 86_400_000;
const ago = (days: number): number => nowMs - days * dayMs;

describe('network.rate-limits-fit-traffic', () => {
  const source: Limited = { kind: 'source', id: 'src_1', name: 'Contracts', perSecond: 50, peakPerSecond: 10 };
  const judge = (change: Partial<Limited>, rateLimited = 0) =>
    judgeLimits({ limited: [{ ...source, ...change }], accepted: 10_000, rateLimited }).state;

  test.each([
    [{}, 0, 'passed'],
    [{ perSecond: null }, 0, 'failed'],
    [{ perSecond: 14 }, 0, 'failed'],
    [{ perSecond: 15 }, 0, 'passed'],
    [{ perSecond: 100 }, 0, 'passed'],
    [{ perSecond: 101 }, 0, 'failed'],
    [{ peakPerSecond: null }, 0, 'unknown'],
    [{ perSecond: null, peakPerSecond: null }, 0, 'failed'],
    [{}, 9, 'passed'],
    [{}, 11, 'failed'],
  ] as const)('%o with %i refused: %s', (change, refused, state) => {
    expect(judge(change, refused)).toBe(state);
  });

  test('passes for no limit outside of 1.5 to 10 times the peak', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 1, max: 20_000 }), (peak, limit) => {
        const fits = limit >= peak * 1.5 && limit <= peak * 10;
        expect(judge({ perSecond: limit, peakPerSecond: peak }) === 'passed').toBe(fits);
      }),
    );
  });
});

describe('network.ip-allow-list-configured', () => {
  const facts = {
    status: 'active',
    allowAddresses: ['192.0.2.0/24'],
    declared: { addresses: ['192.0.2.0/24'], statedOn: '2026-10-01' },
    confirmed: { by: 'mem_1', atMs: ago(10) },
    events: 5,
  };
  test.each([
    [{}, 'passed'],
    [{ allowAddresses: null }, 'failed'],
    [{ allowAddresses: ['0.0.0.0/0'] }, 'failed'],
    [{ allowAddresses: ['10.0.0.0/19'] }, 'failed'],
    [{ allowAddresses: ['10.0.0.0/20'] }, 'passed'],
    [{ allowAddresses: ['2001:db8::/47'] }, 'failed'],
    [{ confirmed: { by: 'operator', atMs: ago(1) } }, 'failed'],
    [{ confirmed: { by: 'mem_1', atMs: ago(181) } }, 'failed'],
    [{ declared: null }, 'unknown'],
    [{ events: 0 }, 'unknown'],
    [{ status: 'paused' }, 'not-applicable'],
    [{ declared: { addresses: null, statedOn: '2026-10-01' }, allowAddresses: null }, 'not-applicable'],
  ])('%o: %s', (change, state) => {
    expect(judgeAllowList({ ...facts, ...change }, nowMs).state).toBe(state);
  });
});

describe('access.roles-assigned-narrowly', () => {
  const member = (id: string, role: string, more: Partial<MemberFact> = {}): MemberFact => {
    return { id, role, sinceMs: ago(10), actions: [], usedKey: false, ...more };
  };
  const owners = [member('mem_1', 'owner'), member('mem_2', 'owner')];
  const review = { reviewedOn: '2026-11-01', reasons: [] };

  test.each([
    ['two owners', owners, review, 'passed'],
    ['one owner', owners.slice(1), review, 'failed'],
    ['five owners', [1, 2, 3, 4, 5].map((n) => member(`mem_${n}`, 'owner')), review, 'failed'],
    ['no review', owners, null, 'unknown'],
    ['an old review', owners, { ...review, reviewedOn: '2026-08-01' }, 'failed'],
    ['an idle admin', [...owners, member('mem_3', 'admin', { sinceMs: ago(90) })], review, 'failed'],
    ['a new admin', [...owners, member('mem_3', 'admin', { sinceMs: ago(89) })], review, 'passed'],
    [
      'an admin who only builds',
      [...owners, member('mem_3', 'admin', { sinceMs: ago(99), actions: ['endpoint.updated'] })],
      review,
      'failed',
    ],
    [
      'an admin who adds members',
      [...owners, member('mem_3', 'admin', { sinceMs: ago(99), actions: ['member.added'] })],
      review,
      'passed',
    ],
    [
      'an idle admin with a reason',
      [...owners, member('mem_3', 'admin', { sinceMs: ago(99) })],
      { ...review, reasons: ['mem_3'] },
      'passed',
    ],
    [
      'a developer who only reads',
      [...owners, member('mem_3', 'developer', { sinceMs: ago(99), actions: ['audit.read'] })],
      review,
      'failed',
    ],
    [
      'a developer whose key is used',
      [...owners, member('mem_3', 'developer', { sinceMs: ago(99), usedKey: true })],
      review,
      'passed',
    ],
    ['an idle viewer', [...owners, member('mem_3', 'viewer', { sinceMs: ago(400) })], review, 'passed'],
    ['nobody', [], review, 'not-applicable'],
  ] as const)('%s: %s', (_, members, reviewed, state) => {
    expect(judgeRoles({ members, review: reviewed }, nowMs).state).toBe(state);
  });
});

describe('api-key.unused-ones-revoked', () => {
  test.each([
    [{ createdAtMs: ago(400), lastUsedAtMs: ago(1) }, 'passed'],
    [{ createdAtMs: ago(400), lastUsedAtMs: ago(91) }, 'failed'],
    [{ createdAtMs: ago(91), lastUsedAtMs: null }, 'failed'],
    [{ createdAtMs: ago(90), lastUsedAtMs: null }, 'passed'],
    [{ createdAtMs: ago(1), lastUsedAtMs: null, ownerLeft: true }, 'failed'],
  ])('%o: %s', (key, state) => {
    expect(judgeKeyUse([{ id: 'key_1', ownerLeft: false, ...key }], nowMs).state).toBe(state);
  });
});

describe('compliance.audit.retained', () => {
  const facts = {
    chains: 2,
    entries: 50,
    chainsWithGaps: 0,
    guardsOff: [],
    newestCheckpointMs: ago(0.1),
    oldestUnsignedMs: null,
  };
  test.each([
    [{}, 'passed'],
    [{ chainsWithGaps: 1 }, 'failed'],
    [{ guardsOff: ['audit_entry_is_final'] }, 'failed'],
    [{ newestCheckpointMs: null, oldestUnsignedMs: ago(0.5) }, 'passed'],
    [{ newestCheckpointMs: ago(3), oldestUnsignedMs: ago(2) }, 'failed'],
    [{ newestCheckpointMs: ago(30) }, 'passed'],
  ])('%o: %s', (change, state) => {
    expect(judgeAuditKeeping({ ...facts, ...change }, nowMs).state).toBe(state);
  });
});

describe('cache.completed-documents-served-once', () => {
  test.each([
    [{ repeats: 20, fromMemory: 20 }, 'passed'],
    [{ repeats: 20, fromMemory: 18 }, 'failed'],
    [{ repeats: 19, fromMemory: 0 }, 'unknown'],
    [{ repeats: 20, fromMemory: 20, unfinishedFromMemory: 1 }, 'failed'],
    [{ repeats: 0, fromMemory: 0, concerned: false }, 'not-applicable'],
  ])('%o: %s', (change, state) => {
    expect(judgeRepeatedReads({ concerned: true, unfinishedFromMemory: 0, ...change }).state).toBe(state);
  });
});

describe('compliance.privacy.fields-classified', () => {
  const none = new Set<string>();
  test.each([
    ['contact', 'ada@example.com', 'email'],
    ['account', 'NO93 8601 1117 947', 'bank-account'],
    ['account', 'NO93 8601 1117 948', null],
    ['phone', '912 34 567', 'phone'],
    ['number', '+47 912 34 567', 'phone'],
    ['vatNumber', 'NO974760673MVA', 'tax-number'],
    ['firstName', 'Ada', 'name'],
    ['name', 'Ada', null],
    ['street', 'Main Street 1', 'address'],
    ['title', 'Contract of 2026-11-20', null],
    ['id', 9_740_000_000, null],
    ['createdAt', '2026-11-20T12:00:00Z', null],
  ])('%s %s is %s', (name, value, kind) => {
    expect(kindOf({ name, value, siblings: none })).toBe(kind);
  });

  test('a name beside an e-mail is somebody’s', () => {
    expect(kindOf({ name: 'name', value: 'Ada', siblings: new Set(['name', 'email']) })).toBe('name');
  });

  test('paths are found in lists, and no value is in what is found', () => {
    const body = { payload: { 'a/b': [{ email: 'ada@example.com' }, { email: 'bo@example.com' }] } };
    const found = personalPathsOf([{ type: 't', body }]);
    expect(found).toEqual([{ eventType: 't', path: '/payload/a~1b/*/email', kind: 'email', times: 2 }]);
    expect(JSON.stringify(found)).not.toContain('@');
  });

  const path = (times: number) => ({ eventType: 't', path: '/email', kind: 'email', times });
  const field = (eventType: string, kind: string) => ({ eventType, path: '/email', class: kind });
  test.each([
    ['classed', [path(50)], [field('t', 'email')], 100, 'passed'],
    ['classed for every type', [path(50)], [field('*', 'email')], 100, 'passed'],
    ['not classed and often', [path(11)], [], 100, 'failed'],
    ['classed for another type', [path(11)], [field('u', 'email')], 100, 'failed'],
    ['not classed and rare', [path(10)], [], 100, 'unknown'],
    ['declared to be nothing', [path(11)], [field('t', 'none')], 100, 'failed'],
    ['nothing personal', [], [], 100, 'passed'],
    ['nothing at all', [], [], 0, 'unknown'],
  ] as const)('%s', (_, found, declared, bodies, state) => {
    expect(judgeFields({ bodies, eventTypes: 1, found, declared }).state).toBe(state);
  });

  test('any JSON can be looked through, to a bound', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 30 }), (value) => {
        expect(leavesOf(value).length).toBeLessThanOrEqual(5_000);
      }),
    );
  });
});
