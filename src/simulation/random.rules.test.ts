import fc from 'fast-check';
import { expect, test } from 'vitest';
import { alphabets, characters, createRandom, oneOf, uuid, wholeBetween } from './random.rules.ts';

const several = (seed: string): number[] => {
  const random = createRandom(seed);
  return Array.from({ length: 50 }, random);
};

test('one seed gives the same numbers for ever, and another seed others', () => {
  expect(several('7').slice(0, 3)).toEqual([0.16386695904657245, 0.009418452624231577, 0.6103090280666947]);
  expect(several('7')).toEqual(several('7'));
  expect(several('7')).not.toEqual(several('8'));
});

test('numbers fill the range from 0 up to 1 evenly', () => {
  const random = createRandom('even');
  const buckets = new Array<number>(10).fill(0);
  for (let n = 0; n < 10_000; n += 1) buckets[Math.floor(random() * 10)]! += 1;
  expect(Math.min(...buckets)).toBeGreaterThan(850);
  expect(Math.max(...buckets)).toBeLessThan(1150);
});

test('what is drawn is what was asked for', () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(1000), fc.nat(1000), (seed, least, span) => {
      const random = createRandom(seed);
      const whole = wholeBetween(random, least, least + span);
      expect(whole >= least && whole <= least + span && Number.isInteger(whole)).toBe(true);
      expect(characters(random, 21, alphabets.urlSafe)).toMatch(/^[\w-]{21}$/);
      expect(uuid(random)).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
      expect(['a', 'b']).toContain(oneOf(random, ['a', 'b']));
    }),
  );
});
