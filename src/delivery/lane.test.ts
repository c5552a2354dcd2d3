import { describe, expect, test } from 'vitest';
import { aLane, anEndpoint, anItem } from '../../tests/support/delivery-parts.ts';
import { defaultBreakerPolicy } from './breaker.rules.ts';
import { type Lane, laneMaxItems } from './lane.ts';

const fill = (lane: Lane, count: number, more = {}): void => {
  for (let index = 0; index < count; index += 1) lane.put(anItem(`dlv_${index}`, more));
};
const open = (lane: Lane, nowMs: number): void => {
  for (let count = 0; count < defaultBreakerPolicy.minimumAttempts; count += 1) lane.record(false, nowMs);
};

describe('room', () => {
  test('is bounded by what waits and what is promised', () => {
    const lane = aLane(anEndpoint());
    expect(lane.room(0)).toBe(laneMaxItems);
    fill(lane, 1_000);
    lane.reserved = 20;
    expect(lane.room(0)).toBe(4);
    lane.reserved = 100;
    expect(lane.room(0)).toBe(0);
  });

  test('is bounded by bytes', () => {
    const lane = aLane(anEndpoint());
    fill(lane, 1, { body: Buffer.alloc(8 * 1024 * 1024) });
    expect(lane.room(0)).toBe(0);
    lane.take();
    expect(lane.room(0)).toBe(laneMaxItems);
  });

  test('of a limited endpoint is what it sends in five seconds, at least what it may send at once', () => {
    expect(aLane(anEndpoint({ ratePerSecond: 10 })).room(0)).toBe(50);
    expect(aLane(anEndpoint({ ratePerSecond: 0.1, concurrency: 3 })).room(0)).toBe(3);
  });

  test('is none while paused, disabled or the breaker is open; its probes when that wakes', () => {
    expect(aLane(anEndpoint({ status: 'paused' })).room(0)).toBe(0);
    expect(aLane(anEndpoint({ status: 'disabled' })).room(0)).toBe(0);
    const lane = aLane(anEndpoint());
    open(lane, 0);
    expect(lane.room(1)).toBe(0);
    expect(lane.room(15_000)).toBe(1);
    lane.put(anItem('dlv_1'));
    expect(lane.room(15_000)).toBe(0);
  });
});

describe('what leaves', () => {
  test('is blocked by status, concurrency, breaker and rate, in that order', () => {
    const lane = aLane(anEndpoint({ concurrency: 2, ratePerSecond: 1 }));
    expect(lane.blockedBy(0)).toBe('empty');
    fill(lane, 5);
    expect(lane.blockedBy(0)).toBeNull();
    lane.take();
    expect(lane.blockedBy(0)).toBe('rate');
    expect(lane.tokenWaitMs()).toBe(1_000);
    expect(lane.blockedBy(1_000)).toBeNull();
    lane.take();
    expect(lane.blockedBy(5_000)).toBe('concurrency');
    lane.inFlight = 0;
    open(lane, 5_000);
    expect(lane.blockedBy(5_001)).toBe('breaker');
    lane.reconfigure(anEndpoint({ status: 'paused' }), lane.channel, lane.prepare, 5_001);
    expect(lane.blockedBy(5_001)).toBe('status');
  });

  test('probes at once when its endpoint is made active or leads elsewhere, though its breaker is open', () => {
    const changes = [
      (lane: Lane) => lane.reconfigure(anEndpoint({ status: 'active' }), lane.channel, lane.prepare, 5_001),
      (lane: Lane) => lane.reconfigure(anEndpoint(), { ...lane.channel }, lane.prepare, 5_001),
    ];
    for (const change of changes) {
      const lane = aLane(anEndpoint({ status: 'disabled' }));
      lane.config = anEndpoint({ status: change === changes[0] ? 'disabled' : 'active' });
      fill(lane, 3, { fresh: true });
      open(lane, 5_000);
      change(lane);
      expect(lane.blockedBy(5_001)).toBeNull();
      lane.take();
      expect(lane.blockedBy(5_001)).toBe('breaker');
    }
    const same = aLane(anEndpoint());
    fill(same, 3, { fresh: true });
    open(same, 5_000);
    same.reconfigure(anEndpoint({ concurrency: 3 }), same.channel, same.prepare, 5_001);
    expect(same.blockedBy(5_001)).toBe('breaker');
  });

  test('is every fourth time a retry while fresh ones wait too, and either when the other is empty', () => {
    const lane = aLane(anEndpoint());
    fill(lane, 30, { fresh: true });
    fill(lane, 10, { fresh: false });
    const taken = Array.from({ length: 40 }, () => (lane.take().fresh ? 'f' : 'r')).join('');
    expect(taken).toBe('fffr'.repeat(10));
    fill(lane, 3, { fresh: false });
    expect(lane.take().fresh).toBe(false);
  });

  test('keeps its order within fresh ones and within retries', () => {
    const lane = aLane(anEndpoint());
    fill(lane, 3);
    expect([lane.take(), lane.take(), lane.take()].map((item) => item.deliveryId)).toEqual(['dlv_0', 'dlv_1', 'dlv_2']);
  });

  test('is shared between nodes: rate and concurrency are those of the endpoint', () => {
    const lane = aLane(anEndpoint({ concurrency: 8, ratePerSecond: 10 }));
    lane.shareWith(3);
    expect(lane.concurrency).toBe(3);
    fill(lane, 100);
    let taken = 0;
    for (let nowMs = 0; nowMs < 30_000; nowMs += 10) {
      while (lane.blockedBy(nowMs) === null) {
        lane.take();
        lane.inFlight = 0;
        taken += 1;
      }
    }
    expect(taken).toBeGreaterThan(95);
    expect(taken).toBeLessThanOrEqual(101);
    lane.shareWith(100);
    expect(lane.concurrency).toBe(1);
  });
});

test('drains all, or only what has waited too long, and counts its bytes', () => {
  const lane = aLane(anEndpoint());
  fill(lane, 3, { enteredAtMs: 10 });
  fill(lane, 2, { enteredAtMs: 20, fresh: false });
  fill(lane, 1, { enteredAtMs: 30 });
  expect(lane.drainOlderThan(20)).toHaveLength(3);
  expect(lane.bytes).toBe(3 * 2);
  expect(lane.drain()).toHaveLength(3);
  expect([lane.bytes, lane.waiting]).toEqual([0, 0]);
});

test('tells only of the attempt that opened the breaker', () => {
  const lane = aLane(anEndpoint());
  const told = Array.from({ length: 12 }, () => lane.record(false, 0));
  expect(told.map(Number).join('')).toBe('000000000100');
});

test('knows whether the breaker opened or was open and its probe failed', () => {
  const lane = aLane(anEndpoint());
  open(lane, 0);
  expect(lane.probeFailed).toBe(false);
  lane.room(15_000);
  expect([lane.record(false, 15_000), lane.probeFailed]).toEqual([true, true]);
  lane.room(45_000);
  lane.record(true, 45_000);
  open(lane, 45_000);
  expect(lane.probeFailed).toBe(false);
});
