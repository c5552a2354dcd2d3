import { describe, expect, test } from 'vitest';
import { judgeAuditAccess } from '../../src/drills/compliance/compliance.audit.access-restricted.rules.ts';
import { judgeContent, lacksOf } from '../../src/drills/compliance/compliance.audit.content-complete.rules.ts';
import { judgeTampering } from '../../src/drills/compliance/compliance.audit.tamper-evident.rules.ts';
import { judgeContainment } from '../../src/drills/compliance/compliance.incident.containment-works.rules.ts';

describe('the audit log', () => {
  const entry = {
    actor: { kind: 'operator' },
    target: { kind: 'member', id: 'mem_1' },
    address: '127.0.0.1',
    at: '2026-11-21T00:00:00Z',
    outcome: 'succeeded',
    before: { role: 'viewer' },
    after: { role: 'owner' },
  };
  const role = { how: 'changed', field: 'role', before: 'viewer', after: 'owner' } as const;
  test.each([
    ['everything', entry, []],
    ['not what was', { ...entry, before: {} }, ['before']],
    ['not what is', { ...entry, after: null }, ['after']],
    [
      'not who, on what, from where and when',
      { before: entry.before, after: entry.after, outcome: 'x' },
      ['who', 'on what', 'from where', 'when'],
    ],
  ])('says %s', (_what, given, lacks) => expect(lacksOf(given, role)).toEqual(lacks));

  const action = { kind: 'x', entries: 1, lacks: [], showsSecret: false };
  test.each([
    ['one whole entry', action, 'passed'],
    ['no entry', { ...action, entries: 0 }, 'failed'],
    ['two', { ...action, entries: 2 }, 'failed'],
    ['half an entry', { ...action, lacks: ['before'] }, 'failed'],
    ['a secret', { ...action, showsSecret: true }, 'failed'],
  ])('has %s', (_what, given, state) => expect(judgeContent([given]).state).toBe(state));

  const copies = Array.from({ length: 10 }, () => ({
    how: 'edited',
    where: 'export' as const,
    faults: 1,
    namesPlace: true,
  }));
  const log = { real: { entries: 3, checkpoints: 1, faults: [] as string[] }, untouchedFaults: [] as string[], copies };
  test.each([
    ['tells of every tampering', log, 'passed'],
    ['was tampered with', { ...log, real: { ...log.real, faults: ['entry 2'] } }, 'failed'],
    ['tells nothing of one', { ...log, copies: copies.with(3, { ...copies[3]!, faults: 0 }) }, 'failed'],
    ['does not say where', { ...log, copies: copies.with(3, { ...copies[3]!, namesPlace: false }) }, 'failed'],
    ['finds fault with what nobody touched', { ...log, untouchedFaults: ['x'] }, 'failed'],
    ['was hardly tampered with', { ...log, copies: copies.slice(1) }, 'unknown'],
  ])('%s', (_what, given, state) => expect(judgeTampering(given).state).toBe(state));

  const reader = { who: 'auditor', operation: 'GET audit', may: true, status: 200, onRecord: true };
  const readers = Array.from({ length: 12 }, (_, index) =>
    index < 6 ? reader : { ...reader, who: 'viewer', may: false, status: 403 },
  );
  const access = {
    readers,
    changes: [{ operation: 'DELETE audit', status: 405 }],
    statements: [{ statement: 'delete', done: false }],
  };
  const reads = (index: number, more: object) => ({
    ...access,
    readers: readers.with(index, { ...readers[index]!, ...more }),
  });
  test.each([
    ['is read by those who may', access, 'passed'],
    ['is read by others', reads(9, { status: 200 }), 'failed'],
    ['is not read by those who may', reads(0, { status: 403 }), 'failed'],
    ['is read without a record', reads(0, { onRecord: false }), 'failed'],
    ['is changed over HTTP', { ...access, changes: [{ operation: 'DELETE audit', status: 204 }] }, 'failed'],
    ['is changed in the database', { ...access, statements: [{ statement: 'delete', done: true }] }, 'failed'],
    ['was tried by few', { ...access, readers: [reader] }, 'unknown'],
  ])('%s', (_what, given, state) => expect(judgeAuditAccess(given).state).toBe(state));
});

describe('orders', () => {
  const facts = {
    worked: [{ what: 'a key', did: true }],
    orders: [{ what: 'a key', tookMs: 100 as number | null }],
    undone: [{ what: 'a key', tookMs: 100 as number | null }],
    servedWhileFrozen: 0,
    acknowledgedIsThere: true,
    evidenceFaults: 0 as number | null,
  };
  test.each([
    ['that hold', facts, 'passed'],
    ['that come late', { ...facts, orders: [{ what: 'a key', tookMs: null }] }, 'failed'],
    ['that cannot be undone', { ...facts, undone: [{ what: 'a key', tookMs: null }] }, 'failed'],
    ['that memory goes around', { ...facts, servedWhileFrozen: 1 }, 'failed'],
    ['that lose something', { ...facts, acknowledgedIsThere: false }, 'failed'],
    ['that leave no evidence', { ...facts, evidenceFaults: null }, 'failed'],
    ['over what did not work', { ...facts, worked: [{ what: 'a key', did: false }] }, 'unknown'],
  ])('%s', (_what, given, state) => expect(judgeContainment(given).state).toBe(state));
});
