import { createHash } from 'node:crypto';

/** Numbers from 0 up to, but not, 1: the same ones for the same seed. */
export type Random = () => number;

const digits = '0123456789';
const lowerLetters = 'abcdefghijklmnopqrstuvwxyz';
/** Alphabets of the ids that providers make. */
export const alphabets = {
  digits,
  hex: '0123456789abcdef',
  lower: lowerLetters + digits,
  mixed: lowerLetters + lowerLetters.toUpperCase() + digits,
  urlSafe: `${lowerLetters + lowerLetters.toUpperCase() + digits}_-`,
} as const;

/** Seeds with equal text give equal numbers; any other text gives unrelated ones. Not for secrets that guard anything. */
export function createRandom(seed: string): Random {
  const hash = createHash('sha256').update(seed).digest();
  let [a, b, c, counter] = [hash.readInt32LE(0), hash.readInt32LE(4), hash.readInt32LE(8), 1];
  // The generator "sfc32" of PractRand, by Chris Doty-Humphrey: public domain.
  return () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
}

/** A whole number from `least` to `most`, both included. */
export function wholeBetween(random: Random, least: number, most: number): number {
  return least + Math.floor(random() * (most - least + 1));
}

/** One of them; throws for none. */
export function oneOf<Item>(random: Random, items: readonly Item[]): Item {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new RangeError('there is nothing to choose from');
  return item;
}

export function characters(random: Random, length: number, alphabet: string): string {
  let made = '';
  while (made.length < length) made += alphabet[Math.floor(random() * alphabet.length)] ?? '';
  return made;
}

/** A version 4 UUID, in lower case. */
export function uuid(random: Random): string {
  const hex = characters(random, 32, alphabets.hex);
  const variant = oneOf(random, ['8', '9', 'a', 'b']);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}
