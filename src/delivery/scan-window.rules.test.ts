import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mergeScans, type Scan } from './scan-window.rules.ts';

describe('merging scans into a page', () => {
  test('holds back what lies beyond the place that every scan has reached', () => {
    const scans: Scan[] = [
      { ids: ['9', '5', '2'], completeTo: null },
      { ids: ['8', '6'], completeTo: '6' },
    ];
    expect(mergeScans(scans, 10, true)).toEqual({ ids: ['9', '8', '6'], next: '6' });
  });

  test('ends when every scan has come to the end', () => {
    expect(mergeScans([{ ids: ['1', '2'], completeTo: null }], 2, false)).toEqual({ ids: ['1', '2'], next: null });
  });

  test('goes on from an empty page when nothing was found up to the bound', () => {
    expect(mergeScans([{ ids: [], completeTo: '4' }], 2, true)).toEqual({ ids: [], next: '4' });
  });

  test('gives every id once, in order, whatever the limits are', () => {
    const numbers = fc.uniqueArray(fc.integer({ min: 100, max: 999 }), { maxLength: 60 });
    const limits = { limit: fc.integer({ min: 1, max: 7 }), scanMax: fc.integer({ min: 1, max: 9 }) };
    fc.assert(
      fc.property(numbers, numbers, fc.boolean(), limits.limit, limits.scanMax, (a, b, descending, limit, scanMax) => {
        const order = (x: string, y: string): number => (descending ? -1 : 1) * x.localeCompare(y);
        const scanOf = (source: number[], after: string | null): Scan => {
          const rest = source
            .map(String)
            .sort(order)
            .filter((id) => after === null || order(id, after) > 0);
          const looked = rest.slice(0, scanMax);
          const ids = looked.filter((id) => Number(id) % 3 > 0).slice(0, limit + 1);
          if (ids.length > limit) return { ids, completeTo: ids.at(-1) as string };
          return { ids, completeTo: rest.length >= scanMax ? (looked.at(-1) as string) : null };
        };
        const given: string[] = [];
        let after: string | null = null;
        do {
          const page = mergeScans([scanOf(a, after), scanOf(b, after)], limit, descending);
          given.push(...page.ids);
          after = page.next;
        } while (after !== null);
        const wanted = [...new Set([...a, ...b])].filter((id) => id % 3 > 0).map(String);
        expect(given).toEqual(wanted.sort(order));
      }),
    );
  });
});
