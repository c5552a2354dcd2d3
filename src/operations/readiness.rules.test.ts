import { describe, expect, it } from 'vitest';
import { judgeMasterKeys } from './readiness.rules.ts';

describe('a master key', () => {
  const of = (looked: number, foreign: number): boolean =>
    judgeMasterKeys([
      { title: 'credentials of sources', looked: 5, foreign: 0 },
      { title: 'signing secrets of endpoints', looked, foreign },
    ]).ok;

  it('is well where nothing is sealed yet, and where it opens everything', () => {
    expect(of(0, 0)).toBe(true);
    expect(of(10, 0)).toBe(true);
  });

  it('is well with a few values that are lost, and not with most of a kind', () => {
    expect(of(10, 5)).toBe(true);
    expect(of(10, 6)).toBe(false);
    expect(of(1, 1)).toBe(false);
  });

  it('is named with what it does not open', () => {
    const { name, detail } = judgeMasterKeys([{ title: 'credentials of sources', looked: 3, foreign: 3 }]);
    expect([name, detail]).toEqual(['master-key', expect.stringContaining('3 of 3 credentials of sources')]);
  });
});
