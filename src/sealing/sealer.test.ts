import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SealError } from './seal-error.ts';
import type { SealErrorCode } from './seal-error.ts';
import { createSealer } from './sealer.ts';
import type { Sealer } from './sealer.ts';

const context = { teamId: 'team_1', rowId: 'ep_1', purpose: 'endpoint-secret' };
const oldKey = randomBytes(32);
const newKey = randomBytes(32);

function sealerOf(...masterKeys: Buffer[]): Sealer {
  return createSealer({ masterKeys });
}

function failureOf(action: () => unknown): SealErrorCode | 'none' {
  try {
    action();
    return 'none';
  } catch (error) {
    if (error instanceof SealError) return error.code;
    throw error;
  }
}

describe('a sealed value', () => {
  it('opens to what was sealed, of any size', () => {
    const sealer = sealerOf(oldKey);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        const value = Buffer.from(bytes);
        const blob = sealer.seal(value, context);
        expect(sealer.open(blob, context)).toEqual(value);
        expect(blob.length).toBe(97 + value.length);
      }),
    );
    expect(sealer.open(sealer.seal('schlüssel 🔑', context), context).toString('utf8')).toBe('schlüssel 🔑');
  });

  it('differs each time in everything but the version, the key id and the length', () => {
    const sealer = sealerOf(oldKey);
    const blobs = Array.from({ length: 200 }, () => sealer.seal('the same', context));
    for (const [start, end] of [
      [9, 21],
      [21, 53],
      [53, 69],
      [69, 81],
      [81, 97],
      [97, 105],
    ]) {
      expect(new Set(blobs.map((blob) => blob.subarray(start, end).toString('hex'))).size).toBe(blobs.length);
    }
  });

  it('holds nothing of the value or the key in the clear', () => {
    const blob = sealerOf(oldKey).seal('PLANTED-PLANTED', context);
    expect(blob.includes('PLANTED')).toBe(false);
    expect(blob.includes(oldKey.subarray(0, 4))).toBe(false);
  });

  it('is refused with any one bit flipped', () => {
    const sealer = sealerOf(oldKey);
    const blob = sealer.seal('value', context);
    for (let bit = 0; bit < blob.length * 8; bit++) {
      const changed = Buffer.from(blob);
      const index = bit >> 3;
      changed[index] = (changed[index] ?? 0) ^ (1 << (bit & 7));
      const ofTheKeyId = index >= 1 && index < 9;
      expect([bit, failureOf(() => sealer.open(changed, context))]).toEqual([
        bit,
        ofTheKeyId ? 'unknown-key' : 'damaged',
      ]);
    }
  });

  it('is refused cut short, prolonged, or when it is something else', () => {
    const sealer = sealerOf(oldKey);
    const blob = sealer.seal('value', context);
    for (let length = 0; length < blob.length; length++) {
      expect(failureOf(() => sealer.open(blob.subarray(0, length), context))).toBe('damaged');
    }
    expect(failureOf(() => sealer.open(Buffer.concat([blob, Buffer.of(0)]), context))).toBe('damaged');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(failureOf(() => sealer.open(Buffer.from(bytes), context))).not.toBe('none');
      }),
    );
  });

  it.each([
    ['team', { ...context, teamId: 'team_2' }],
    ['row', { ...context, rowId: 'ep_2' }],
    ['purpose', { ...context, purpose: 'client-key' }],
    ['split of the same letters', { ...context, teamId: 'team_1e', rowId: 'p_1' }],
    ['order', { ...context, teamId: context.rowId, rowId: context.teamId }],
  ])('is refused in another %s', (_about, other) => {
    const sealer = sealerOf(newKey, oldKey);
    const blob = sealerOf(oldKey).seal('value', context);
    expect(failureOf(() => sealer.open(blob, other))).toBe('damaged');
    expect(failureOf(() => sealer.rewrap(blob, other))).toBe('damaged');
  });

  it('does not open with the value of one blob behind the key of another', () => {
    const sealer = sealerOf(oldKey);
    const [one, other] = [sealer.seal('one', context), sealer.seal('two', context)];
    const mixed = Buffer.concat([one.subarray(0, 69), other.subarray(69)]);
    expect(failureOf(() => sealer.open(mixed, context))).toBe('damaged');
  });
});

describe('rotating the master key', () => {
  it('opens old values while the old key is given, and seals with the first', () => {
    const before = sealerOf(oldKey);
    const during = sealerOf(newKey, oldKey);
    const blob = before.seal('value', context);
    expect(during.open(blob, context).toString()).toBe('value');
    expect(during.keyIdOf(during.seal('value', context))).toBe(
      sealerOf(newKey).keyIdOf(sealerOf(newKey).seal('', context)),
    );
    expect(during.keyIdOf(blob)).not.toBe(during.keyIdOf(during.seal('value', context)));
  });

  it('re-wraps only the data key, after which the old key is not needed', () => {
    const blob = sealerOf(oldKey).seal('value', context);
    const rewrapped = sealerOf(newKey, oldKey).rewrap(blob, context) ?? Buffer.alloc(0);
    expect(rewrapped.subarray(69)).toEqual(blob.subarray(69));
    expect(sealerOf(newKey).open(rewrapped, context).toString()).toBe('value');
    expect(failureOf(() => sealerOf(oldKey).open(rewrapped, context))).toBe('unknown-key');
  });

  it('has nothing to re-wrap under the first key', () => {
    const sealer = sealerOf(newKey, oldKey);
    expect(sealer.rewrap(sealer.seal('value', context), context)).toBeNull();
  });

  it('says which key is missing, and nothing else', () => {
    const blob = sealerOf(oldKey).seal('PLANTED', context);
    const sealer = sealerOf(newKey);
    expect(() => sealer.open(blob, context)).toThrow(
      new SealError('unknown-key', `Sealed under master key ${sealer.keyIdOf(blob)}, which was not given.`),
    );
    expect(failureOf(() => sealer.rewrap(blob, context))).toBe('unknown-key');
  });
});

describe('a sealer is refused', () => {
  it.each([
    ['without a key', []],
    ['with a short key', [randomBytes(31)]],
    ['with the same key twice', [oldKey, Buffer.from(oldKey)]],
  ])('%s', (_about, masterKeys) => {
    expect(() => createSealer({ masterKeys })).toThrow(TypeError);
  });
});

describe('a sealer', () => {
  it('keeps its own copy of the keys, so that the caller can wipe his', () => {
    const given = randomBytes(32);
    const sealer = sealerOf(given);
    const blob = sealer.seal('value', context);
    given.fill(0);
    expect(sealer.open(blob, context).toString()).toBe('value');
  });

  it('leaves the value it sealed as it was', () => {
    const value = Buffer.from('value');
    sealerOf(oldKey).seal(value, context);
    expect(value.toString()).toBe('value');
  });
});
