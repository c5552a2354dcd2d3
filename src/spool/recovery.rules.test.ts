import { expect, test } from 'vitest';
import { type FoundSegment, origin, planRecovery, type Position } from './recovery.rules.ts';

const at = (sequence: number, offset = 1000): Position => ({ sequence, offset });
const found = (sequence: number, previous: Position | null): FoundSegment => ({ sequence, fileBytes: 1500, previous });
const nothing = { read: [], discard: [], missing: [] };

test('an empty folder has nothing to read, whatever was removed', () => {
  expect(planRecovery([], origin, true)).toEqual(nothing);
  expect(planRecovery([], at(7), true)).toEqual(nothing);
});

test('each segment is read as far as the next one says, and the last one as far as it goes', () => {
  const plan = planRecovery([found(1, origin), found(2, at(1, 700)), found(3, at(2, 900))], origin, true);
  const read = [
    { sequence: 1, end: 700 },
    { sequence: 2, end: 900 },
    { sequence: 3, end: null },
  ];
  expect(plan).toEqual({ ...nothing, read });
});

test('what was removed is discarded, but for the segment in which reading goes on', () => {
  const plan = planRecovery([found(1, origin), found(2, at(1)), found(3, at(2))], at(2, 400), true);
  expect(plan.discard).toEqual([1]);
  expect(plan.read.map(({ sequence }) => sequence)).toEqual([2, 3]);
  expect(plan.missing).toEqual([]);
});

test('a segment that the next one passes over was never acknowledged', () => {
  const plan = planRecovery([found(1, origin), found(2, at(1)), found(3, at(1, 800))], origin, true);
  expect(plan).toEqual({
    read: [
      { sequence: 1, end: 800 },
      { sequence: 3, end: null },
    ],
    discard: [2],
    missing: [],
  });
});

test('a segment that is not there is missed with what was not removed of it', () => {
  const segments = [found(1, origin), found(4, at(3, 900))];
  expect(planRecovery(segments, origin, true).missing).toEqual([{ sequence: 3, bytes: 900 }]);
  expect(planRecovery([found(4, at(3, 900))], at(3, 500), true).missing).toEqual([{ sequence: 3, bytes: 400 }]);
  expect(planRecovery([found(4, at(3, 900))], at(3, 900), true).missing).toEqual([]);
  expect(planRecovery([found(4, at(3, 900))], at(4, 100), true).missing).toEqual([]);
});

test('before the oldest segment nothing is missed when it is not certain what was removed', () => {
  expect(planRecovery([found(4, at(3))], origin, false).missing).toEqual([]);
  const segments = [found(4, at(3)), found(6, at(5, 200))];
  expect(planRecovery(segments, origin, false).missing).toEqual([{ sequence: 5, bytes: 200 }]);
});

test('a damaged header says nothing about the segments before', () => {
  const plan = planRecovery([found(1, origin), found(2, at(1)), found(3, null)], origin, true);
  expect(plan).toEqual({
    read: [
      { sequence: 1, end: 1000 },
      { sequence: 2, end: null },
      { sequence: 3, end: null },
    ],
    discard: [],
    missing: [],
  });
});
