import { expect, test } from 'vitest';
import { chooseAnswer, obedient } from './choose-answer.rules.ts';
import type { Verdict } from './verify-webhook.rules.ts';

const verified: Verdict = { state: 'verified' };
const unsigned: Verdict = { state: 'unsigned' };

test.each([
  ['nothing asked', {}, 1, { status: 200, hangMs: 0, retryAfterSeconds: null }],
  ['a status', { status: 418 }, 9, { status: 418, hangMs: 0, retryAfterSeconds: null }],
  ['Retry-After alone', { retryAfterSeconds: 3 }, 1, { status: 503, hangMs: 0, retryAfterSeconds: 3 }],
  ['hanging alone', { hangMs: 50 }, 1, { status: 200, hangMs: 50, retryAfterSeconds: null }],
  ['two failures, the second', { failFirst: 2 }, 2, { status: 500, hangMs: 0, retryAfterSeconds: null }],
  ['two failures, then good', { failFirst: 2, hangMs: 50 }, 3, { status: 200, hangMs: 0, retryAfterSeconds: null }],
  [
    'a failure of its own kind',
    { failFirst: 1, status: 429, retryAfterSeconds: 2, hangMs: 5 },
    1,
    { status: 429, hangMs: 5, retryAfterSeconds: 2 },
  ],
])('%s', (_what, plan, attempt, answer) => {
  expect(chooseAnswer({ ...obedient, ...plan }, attempt, verified, true)).toEqual(answer);
});

test('a webhook without a valid signature is refused once there is a secret', () => {
  expect(chooseAnswer(obedient, 1, unsigned, true).status).toBe(401);
  expect(chooseAnswer(obedient, 1, unsigned, false).status).toBe(200);
  expect(chooseAnswer({ ...obedient, failFirst: 1 }, 1, unsigned, true).status).toBe(500);
});
