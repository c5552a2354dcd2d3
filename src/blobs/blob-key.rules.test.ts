import { join, normalize } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { blobKey, isBlobDay, parseBlobKey } from './blob-key.rules.ts';

const teamId = 'team_01h455vb4pex5vsknk084sn02q';
const times = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31, 23, 59, 59, 999) });
const blobIds = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,63}$/);

describe('a blob key', () => {
  test('has the day in UTC, the team and the blob', () => {
    const nowMs = Date.parse('2026-02-28T23:59:59.999Z');
    expect(blobKey({ nowMs, teamId, blobId: 'a-1_b' })).toBe(`20260228/${teamId}/a-1_b`);
    expect(blobKey({ nowMs: nowMs + 1, teamId, blobId: 'a' })).toBe(`20260301/${teamId}/a`);
  });

  test('is read back as what it was made of', () => {
    fc.assert(
      fc.property(times, blobIds, (nowMs, blobId) => {
        const day = new Date(nowMs).toISOString().slice(0, 10).replaceAll('-', '');
        expect(parseBlobKey(blobKey({ nowMs, teamId, blobId }))).toEqual({ day, teamId, blobId });
      }),
    );
  });

  test('never leads out of the folder it is joined to, nor to another key', () => {
    const odd = fc.constantFrom('/', '\\', '..', '.', '\0', '%2f', ' ', 'A', 'é', '\n', '-', '_', 'a', '7');
    const part = (good: string) => fc.oneof({ weight: 5, arbitrary: fc.constant(good) }, odd);
    const lastPart = fc.array(odd, { maxLength: 4 }).map((pieces) => pieces.join(''));
    let keys = 0;
    fc.assert(
      fc.property(part('20260101'), part(teamId), lastPart, (day, team, blob) => {
        const key = `${day}/${team}/${blob}`;
        const parsed = parseBlobKey(key);
        if (parsed !== null) keys += 1;
        expect(parsed === null || normalize(join('/blobs', key)) === `/blobs/${key}`).toBe(true);
        expect(parsed === null || Object.values(parsed).join('/') === key).toBe(true);
      }),
      { numRuns: 3_000 },
    );
    expect(keys).toBeGreaterThan(50);
  });

  test.each(['', '..', 'A', 'a/b', 'a.b', '-a', '_a', 'a\n', 'a'.repeat(65)])('has no blob %j', (blobId) => {
    expect(() => blobKey({ nowMs: 0, teamId, blobId })).toThrow(TypeError);
    expect(parseBlobKey(`20260101/${teamId}/${blobId}`)).toBeNull();
  });

  test.each(['', 'team_', '..', 'evt_01h455vb4pex5vsknk084sn02q', `${teamId}x`, teamId.toUpperCase()])(
    'has no team %j',
    (wrong) => {
      expect(() => blobKey({ nowMs: 0, teamId: wrong, blobId: 'a' })).toThrow(TypeError);
      expect(parseBlobKey(`20260101/${wrong}/a`)).toBeNull();
    },
  );

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, Date.UTC(10_000, 0)])('is not made at %d', (nowMs) => {
    expect(() => blobKey({ nowMs, teamId, blobId: 'a' })).toThrow(RangeError);
  });
});

test.each([
  ['20260101', true],
  ['20240229', true],
  ['20260229', false],
  ['20261301', false],
  ['20260100', false],
  ['2026010', false],
  ['202601011', false],
  ['19691231', false],
  [' 2026010', false],
  ['٢٠٢٦٠١٠١', false],
])('%j is a day: %s', (text, isDay) => {
  expect(isBlobDay(text)).toBe(isDay);
});
