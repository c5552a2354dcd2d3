import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Timed } from './deadlines.ts';
import { createDeadlines } from './deadlines.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function setUp() {
  const deadlines = createDeadlines(() => Date.now());
  const expired: string[] = [];
  const timed = (name: string, inMs: number): Timed => {
    const one: Timed = {
      deadlineMs: Date.now() + inMs,
      earlier: null,
      later: null,
      expire() {
        expired.push(name);
        deadlines.remove(one);
      },
    };
    deadlines.add(one);
    return one;
  };
  return { deadlines, expired, timed };
}

describe('deadlines', () => {
  it('expire when they are due, at most 50 ms late, whatever the order they came in', () => {
    const { expired, timed } = setUp();
    timed('third', 500);
    timed('first', 90);
    timed('second', 100);
    vi.advanceTimersByTime(89);
    expect(expired).toEqual([]);
    vi.advanceTimersByTime(61);
    expect(expired.toSorted()).toEqual(['first', 'second']);
    vi.advanceTimersByTime(400);
    expect(expired).toContain('third');
  });

  it('may be moved while they wait', () => {
    const { expired, timed } = setUp();
    const one = timed('moved', 100);
    one.deadlineMs += 1000;
    vi.advanceTimersByTime(1000);
    expect(expired).toEqual([]);
    vi.advanceTimersByTime(150);
    expect(expired).toEqual(['moved']);
  });

  it('may be removed in any order, also twice, and the timer stops with the last', () => {
    const { deadlines, expired, timed } = setUp();
    const [a, b, c, d] = [timed('a', 100), timed('b', 100), timed('c', 100), timed('d', 100)];
    for (const one of [b, d, a, a, d]) deadlines.remove(one);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(200);
    expect(expired).toEqual(['c']);
    deadlines.remove(c);
    vi.advanceTimersByTime(50);
    expect(vi.getTimerCount()).toBe(0);
    timed('e', 10);
    vi.advanceTimersByTime(50);
    expect(expired).toEqual(['c', 'e']);
  });
});
