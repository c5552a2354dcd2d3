import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createAcknowledgedQueue } from './acknowledged-queue.rules.ts';
import type { Planned } from './plan.rules.ts';
import type { RetryBook, Sending } from './retry-book.rules.ts';

const dayMs = 86_400_000;
const days = (count: number): number[] => new Array<number>(count).fill(dayMs);

function item(index: number, dueMs: number, kind: Planned['kind'] = 'genuine'): Planned {
  const request = () => ({ method: 'POST', url: '', headers: [], body: Buffer.alloc(0) }) as const;
  return { index, dueMs, kind, duplicate: false, notification: { event: 'e', subject: 's', atMs: 0, request } };
}

function run(book: RetryBook, acknowledges: (index: number, attempt: number, nowMs: number) => boolean): string[] {
  const log: string[] = [];
  let nowMs = 0;
  for (let sending = book.next(); sending !== null; sending = book.next()) {
    nowMs = Math.max(nowMs, sending.dueMs);
    const { planned, attempt } = sending;
    const settlement = book.settle(sending, acknowledges(planned.index, attempt, nowMs), nowMs);
    log.push(`${nowMs / dayMs}: ${planned.index}/${attempt} ${settlement}`);
  }
  return log;
}

describe('a configuration that is down', () => {
  test('tries the one that failed once a day, and then sends what has queued in order', () => {
    const book = createAcknowledgedQueue(
      [item(0, 0), item(1, 0), item(2, dayMs), item(3, 3 * dayMs)].values(),
      days(10),
    );
    expect(run(book, (_index, _attempt, nowMs) => nowMs >= 2 * dayMs)).toEqual([
      '0: 0/1 again',
      '1: 0/2 again',
      '2: 0/3 acknowledged',
      '2: 1/1 acknowledged',
      '2: 2/1 acknowledged',
      '3: 3/1 acknowledged',
    ]);
  });

  test('goes down again when one fails on the way', () => {
    const book = createAcknowledgedQueue([item(0, 0), item(1, 0), item(2, 0)].values(), days(10));
    expect(run(book, (index, attempt) => index !== 1 || attempt > 1)).toEqual([
      '0: 0/1 acknowledged',
      '0: 1/1 again',
      '1: 1/2 acknowledged',
      '1: 2/1 acknowledged',
    ]);
  });

  test('gives up after ten retries, and tries the next a day later', () => {
    const book = createAcknowledgedQueue([item(0, 0), item(1, 0)].values(), days(10));
    const log = run(book, (index) => index === 1);
    expect(log).toHaveLength(12);
    expect(log.slice(-2)).toEqual(['10: 0/11 given up', '11: 1/1 acknowledged']);
  });

  test('goes on with what comes long after it gave up', () => {
    const book = createAcknowledgedQueue([item(0, 0), item(1, 40 * dayMs)].values(), days(10));
    expect(run(book, (index) => index === 1).at(-1)).toBe('40: 1/1 acknowledged');
  });

  test('does not stop a forger, nor is it brought up or down by one', () => {
    const items = [item(0, 0, 'forged'), item(1, 0), item(2, 0, 'forged'), item(3, 0)];
    const book = createAcknowledgedQueue(items.values(), days(10));
    expect(run(book, (index, attempt) => index === 2 || attempt > 1)).toEqual([
      '0: 0/1 given up',
      '0: 1/1 again',
      '0: 2/1 acknowledged',
      '1: 1/2 acknowledged',
      '1: 3/1 again',
      '2: 3/2 acknowledged',
    ]);
  });
});

test('with many under way nothing is lost, retries stay in their limit, and a flush is one at a time', () => {
  const commands = fc.array(fc.boolean(), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(
      commands,
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 20 }),
      (answers, workers, count) => {
        const items = Array.from({ length: count }, (_, index) => item(index, 0));
        const book = createAcknowledgedQueue(items.values(), [5, 5, 5]);
        const underWay: Sending[] = [];
        const done = new Map<number, string>();
        const attempts = new Map<number, number>();
        let nowMs = 0;
        let flushing = false;
        for (let turn = 0; done.size < count; turn += 1) {
          const sending = underWay.length < workers ? book.next() : null;
          if (sending !== null) {
            if (flushing) expect(underWay).toEqual([]);
            nowMs = Math.max(nowMs, sending.dueMs);
            attempts.set(sending.planned.index, sending.attempt);
            underWay.push(sending);
            continue;
          }
          const oldest = underWay.shift();
          if (oldest === undefined) throw new Error('it stopped before everything was done');
          // After the given answers everything is acknowledged, so that it ends.
          const settlement = book.settle(oldest, answers[turn] ?? true, nowMs);
          if (settlement === 'again') flushing = true;
          else done.set(oldest.planned.index, settlement);
        }
        expect(book.next()).toBeNull();
        expect(Math.max(...attempts.values())).toBeLessThanOrEqual(4);
      },
    ),
  );
});
