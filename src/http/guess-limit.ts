import type { Clock } from '../clock.ts';

export type GuessLimit = {
  /** Whether this address may make the database look up one more unknown key. */
  allows(address: string): boolean;
  /** Counts a wrong key. False when the address had none left. */
  count(address: string): boolean;
};

type Bucket = { left: number; atMs: number };

const burst = 50;
const perSecond = 5;
const mostAddresses = 10_000;

/** What keeps unknown keys from costing more than a look into a map; keys that are known are never counted. */
export function createGuessLimit(clock: Clock): GuessLimit {
  const buckets = new Map<string, Bucket>();

  const bucketOf = (address: string): Bucket => {
    const nowMs = clock.now();
    const bucket = buckets.get(address) ?? { left: burst, atMs: nowMs };
    bucket.left = Math.min(burst, bucket.left + (Math.max(0, nowMs - bucket.atMs) * perSecond) / 1000);
    bucket.atMs = nowMs;
    return bucket;
  };

  return {
    allows: (address) => !buckets.has(address) || bucketOf(address).left >= 1,
    count(address) {
      const bucket = bucketOf(address);
      // Moved to the end: the map drops the address that guessed longest ago.
      buckets.delete(address);
      buckets.set(address, bucket);
      const oldest = buckets.size > mostAddresses ? buckets.keys().next().value : undefined;
      if (oldest !== undefined) buckets.delete(oldest);
      if (bucket.left < 1) return false;
      bucket.left -= 1;
      return true;
    },
  };
}
