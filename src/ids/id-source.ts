import { randomFillSync } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { encodeTail, encodeTime, type IdPrefix } from './id.rules.ts';

/** Makes ids that rise strictly within one process, also within a millisecond and when the clock steps back. */
export type IdSource = { next(prefix: IdPrefix): string };

/**
 * @param clock its `now` dates the ids; hand it the database's time so that nodes agree.
 * @param fillRandom fills a buffer with random bytes; the simulation hands in a seeded one.
 */
export function createIdSource(clock: Clock, fillRandom: (bytes: Buffer) => void = randomFillSync): IdSource {
  const pool = Buffer.allocUnsafe(8192);
  let used = pool.length;
  let lastMs = -1;
  let lastText = '';
  let sequence = 0;

  return {
    next(prefix) {
      const nowMs = Math.floor(clock.now());
      if (nowMs > lastMs) {
        lastMs = nowMs;
        lastText = encodeTime(nowMs);
        sequence = 0;
      } else if (sequence < 4095) {
        sequence += 1;
      } else {
        lastMs += 1;
        lastText = encodeTime(lastMs);
        sequence = 0;
      }
      if (used + 8 > pool.length) {
        fillRandom(pool);
        used = 0;
      }
      const high = pool.readUInt32LE(used);
      const low = pool.readUInt32LE(used + 4);
      used += 8;
      const tail = encodeTail(
        sequence,
        high >>> 30,
        high & 0xfffff,
        low & 0xfffff,
        ((high >>> 20) & 0x3ff) * 1024 + (low >>> 22),
      );
      return `${prefix}_${lastText}${tail}`;
    },
  };
}
