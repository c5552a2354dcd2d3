import { expect, test } from 'vitest';
import { createIndependentRetries } from './independent-retries.rules.ts';
import type { Planned } from './plan.rules.ts';
import type { RetryBook } from './retry-book.rules.ts';

function item(index: number, dueMs: number, kind: Planned['kind'] = 'genuine'): Planned {
  const request = () => ({ method: 'POST', url: '', headers: [], body: Buffer.alloc(0) }) as const;
  return { index, dueMs, kind, duplicate: false, notification: { event: 'e', subject: 's', atMs: 0, request } };
}

/** Sends one after the other; `answers` says of `index/attempt` whether it is acknowledged. */
function run(book: RetryBook, acknowledges: (index: number, attempt: number) => boolean): string[] {
  const log: string[] = [];
  let nowMs = 0;
  for (let sending = book.next(); sending !== null; sending = book.next()) {
    nowMs = Math.max(nowMs, sending.dueMs);
    const { planned, attempt } = sending;
    const settlement = book.settle(sending, acknowledges(planned.index, attempt), nowMs);
    log.push(`${nowMs}: ${planned.index}/${attempt} ${settlement}`);
  }
  return log;
}

test('back to back is at once, before whatever comes later', () => {
  const book = createIndependentRetries([item(0, 0), item(1, 10)].values(), [0, 0, 0]);
  expect(run(book, (index, attempt) => index === 1 || attempt === 3)).toEqual([
    '0: 0/1 again',
    '0: 0/2 again',
    '0: 0/3 acknowledged',
    '10: 1/1 acknowledged',
  ]);
});

test('with delays others overtake, and the last failure is the end', () => {
  const book = createIndependentRetries([item(0, 0), item(1, 500), item(2, 1500)].values(), [1000, 2000]);
  expect(run(book, (index) => index !== 0)).toEqual([
    '0: 0/1 again',
    '500: 1/1 acknowledged',
    '1000: 0/2 again',
    '1500: 2/1 acknowledged',
    '3000: 0/3 given up',
  ]);
});

test('retries that are due at one time keep their order', () => {
  const book = createIndependentRetries([item(0, 0), item(1, 0), item(2, 0)].values(), [100]);
  const log = run(book, (_index, attempt) => attempt === 2);
  expect(log.slice(3)).toEqual(['100: 0/2 acknowledged', '100: 1/2 acknowledged', '100: 2/2 acknowledged']);
});

test('nobody who forges tries again', () => {
  const book = createIndependentRetries([item(0, 0, 'forged')].values(), [0, 0]);
  expect(run(book, () => false)).toEqual(['0: 0/1 given up']);
});
