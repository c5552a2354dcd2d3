import { expect, test } from 'vitest';
import { formatClaimant, parseClaimant, startTicksOf, stillRuns } from './folder-claim.rules.ts';

const token = '0f8fad5b-d9cb-469f-a165-70867728950e';

test('a lock is read as it was written', () => {
  const claimant = { token, pid: 7, birth: 'boot 99' };
  expect(parseClaimant(formatClaimant(claimant))).toEqual(claimant);
  expect(parseClaimant(formatClaimant({ ...claimant, birth: '' }))).toEqual({ ...claimant, birth: '' });
});

test.for(['', '\0\0\0', `${token}\n7`, `${token}\n7\nboot`, `${token}\n-7\nboot\n`, '../../x\n7\nboot\n'])(
  'a torn or foreign lock such as %j names nobody',
  (text) => {
    const claimant = parseClaimant(text);
    expect(claimant).toMatchObject({ pid: 0, token: expect.stringMatching(/^[0-9a-f]{32}$/) as string });
    expect(stillRuns(claimant, 'boot 1')).toBe(false);
  },
);

test('a claimant runs while its pid has its birth, or while a birth cannot be told', () => {
  const claimant = { token, pid: 7, birth: 'boot 99' };
  expect(stillRuns(claimant, 'boot 99')).toBe(true);
  expect(stillRuns(claimant, '')).toBe(true);
  expect(stillRuns({ ...claimant, birth: '' }, 'boot 99')).toBe(true);
  expect(stillRuns(claimant, 'boot 100')).toBe(false);
  expect(stillRuns(claimant, null)).toBe(false);
});

test('the start time follows a name with any signs, and a zombie has none', () => {
  const fields = Array.from({ length: 49 }, (_, index) => String(index + 4)).join(' ');
  expect(startTicksOf(`42 (a) b (c)) S ${fields}`)).toBe('22');
  expect(startTicksOf(`42 (node) Z ${fields}`)).toBeNull();
});
