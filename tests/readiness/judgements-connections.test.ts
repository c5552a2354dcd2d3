import { expect, test } from 'vitest';
import {
  judgeReplaced,
  type ReplacedCredential,
} from '../../src/readiness/collectors/security/connection.credential.old-ones-refused.rules.ts';

const dayMs = 86_400_000;
const refused: ReplacedCredential = {
  name: '2026-11',
  state: 'refused',
  replacedAtMs: 0,
  acceptedAtMs: null,
  closedAtMs: dayMs,
};
const outstanding: ReplacedCredential = { ...refused, name: '2026-12', state: 'outstanding', closedAtMs: null };

test.each<[string, ReplacedCredential[], string]>([
  ['none was replaced', [], 'not-applicable'],
  ['what was removed serves again', [{ ...refused, state: 'in-use' }], 'not-applicable'],
  ['each was refused', [refused, { ...refused, acceptedAtMs: 1, closedAtMs: 7 * dayMs + 60_000 }], 'passed'],
  ['one was refused a day late', [refused, { ...refused, closedAtMs: 8 * dayMs }], 'failed'],
  ['one is still taken', [refused, { ...outstanding, acceptedAtMs: 1 }], 'failed'],
  ['one was not answered yet', [refused, outstanding], 'unknown'],
  ['one was taken after seven days', [refused, { ...refused, state: 'accepted' }], 'failed'],
  ['one was never answered', [refused, { ...refused, state: 'unanswered' }], 'unknown'],
  ['one is a reference', [refused, { ...refused, state: 'not-probed' }], 'unknown'],
  [
    'one is a reference and one still taken',
    [
      { ...refused, state: 'not-probed' },
      { ...outstanding, acceptedAtMs: 1 },
    ],
    'failed',
  ],
])('of replaced credentials, %s', (_what, credentials, state) => {
  expect(judgeReplaced(credentials).state).toBe(state);
});
