import { assert, constantFrom, integer, option, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dayMs } from './fault.rules.ts';
import { faultsOfWaiver, isInForce, refuseApproval, type Waiver } from './waiver.rules.ts';

const waiver: Waiver = {
  requestedBy: 'a',
  owner: 'b',
  reason: 'The provider mends it in September.',
  control: 'Somebody looks at the list each morning.',
  requestedAtMs: 0,
  expiresAtMs: 90 * dayMs,
  approval: null,
};
const room = { cap: 3, standing: 2 };

describe('a waiver', () => {
  test('needs a reason, a control in its place, an end within 90 days, and room in the review', () => {
    expect(faultsOfWaiver(waiver, 'major', room)).toEqual([]);
    const pointers = (change: Partial<Waiver>, more = room) =>
      faultsOfWaiver({ ...waiver, ...change }, 'major', more).map(({ pointer }) => pointer);
    expect(pointers({ reason: 'later' })).toEqual(['/reason']);
    expect(pointers({ control: ' '.repeat(40) })).toEqual(['/control']);
    expect(pointers({ expiresAtMs: 90 * dayMs + 1 })).toEqual(['/expiresAt']);
    expect(pointers({ expiresAtMs: 0 })).toEqual(['/expiresAt']);
    expect(pointers({ expiresAtMs: Number.NaN })).toEqual(['/expiresAt']);
    expect(pointers({}, { cap: 3, standing: 3 })).toEqual(['']);
  });

  test('is for no blocker', () => {
    expect(faultsOfWaiver(waiver, 'blocker', room)).toMatchObject([{ pointer: '/check' }]);
    expect(faultsOfWaiver(waiver, 'minor', room)).toEqual([]);
  });

  test('is approved once, in its time, by neither who asked for it nor who owns it', () => {
    expect(refuseApproval(waiver, 'c', 1)).toBeNull();
    for (const by of ['a', 'b']) expect(refuseApproval(waiver, by, 1), by).toContain('neither');
    expect(refuseApproval({ ...waiver, approval: { by: 'c', atMs: 1 } }, 'd', 2)).toContain('already');
    expect(refuseApproval(waiver, 'c', waiver.expiresAtMs)).toContain('ended');
  });

  test('is in force only while it is approved by somebody else and has not ended, however it was stored', () => {
    const person = constantFrom('a', 'b', 'c');
    const stored = record({
      requestedBy: person,
      owner: person,
      requestedAtMs: integer({ min: 0, max: 5 }),
      days: integer({ min: -5, max: 120 }),
      approval: option(record({ by: person, atMs: integer({ min: 0, max: 100 }).map((day) => day * dayMs) }), {
        nil: null,
      }),
    });
    assert(
      property(stored, integer({ min: 0, max: 130 }), ({ days, ...given }, day) => {
        const one: Waiver = { ...waiver, ...given, expiresAtMs: given.requestedAtMs + days * dayMs };
        const nowMs = day * dayMs;
        const others = one.approval !== null && ![one.requestedBy, one.owner].includes(one.approval.by);
        const inTime = one.approval !== null && one.approval.atMs <= nowMs && nowMs < one.expiresAtMs && days <= 90;
        expect(isInForce(one, nowMs)).toBe(others && inTime);
      }),
    );
  });
});
