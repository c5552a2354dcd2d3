import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutListeningPage, type ListeningRow } from './listening-page.rules.ts';

const rowsOf = (sizes: readonly { sizeBytes: number; wanted: boolean }[]): ListeningRow[] =>
  sizes.map(({ sizeBytes, wanted }, index) => {
    const place = String(index).padStart(4, '0');
    return { place, id: `e${place}`, type: wanted ? 'wanted' : 'other', sizeBytes };
  });
const wants = (row: { type: string }): boolean => row.type === 'wanted';

test('page after page gives every wanted row once and in order, within its limits', () => {
  const sizes = fc.array(fc.record({ sizeBytes: fc.nat(50), wanted: fc.boolean() }), { maxLength: 60 });
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 99 }), (given, limit, maxBytes) => {
      let rest = rowsOf(given);
      const bytesOf = new Map(rest.map((row) => [row.id, row.sizeBytes]));
      const told: string[] = [];
      while (rest.length > 0) {
        const { ids, place } = cutListeningPage(rest, { limit, maxBytes, wants });
        const bytes = ids.reduce((sum, id) => sum + (bytesOf.get(id) ?? 0), 0);
        expect(ids.length).toBeLessThanOrEqual(limit);
        expect(ids.length === 1 || bytes <= maxBytes).toBe(true);
        expect(place).not.toBeNull();
        told.push(...ids);
        rest = rest.filter((row) => row.place > (place ?? ''));
      }
      expect(told).toEqual(
        rowsOf(given)
          .filter(wants)
          .map(({ id }) => id),
      );
    }),
  );
});

test('nothing to go through leaves the place open', () => {
  expect(cutListeningPage([], { limit: 1, maxBytes: 1, wants })).toEqual({ ids: [], place: null });
});
