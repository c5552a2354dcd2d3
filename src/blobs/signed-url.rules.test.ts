import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deriveUrlKey, signBodyUrl, verifyBodyUrl } from './signed-url.rules.ts';

const key = deriveUrlKey(Buffer.alloc(32, 7));
const idTail = fc.stringMatching(/^[0-7][0-9a-hjkmnp-tv-z]{25}$/);
const teams = idTail.map((tail) => `team_${tail}`);
const events = idTail.map((tail) => `evt_${tail}`);
const times = fc.integer({ min: 0, max: 8.64e15 });
const teamId = 'team_01h455vb4pex5vsknk084sn02q';
const eventId = 'evt_01h455vb4pex5vsknk084sn02q';

/** The parts of a URL as a route gets them. */
function partsOf(url: string) {
  const { pathname, searchParams } = new URL(url);
  return {
    eventId: pathname.split('/').at(-1) ?? '',
    teamId: searchParams.get('team') ?? '',
    expires: searchParams.get('expires') ?? '',
    signature: searchParams.get('signature') ?? '',
  };
}

const sign = (more: Partial<Parameters<typeof signBodyUrl>[0]> = {}) =>
  signBodyUrl({ baseUrl: 'https://hooks.example', teamId, eventId, expiresAtMs: 1_800_000_000_000, key, ...more });

describe('a body URL', () => {
  test('opens until it expires, to the second, and not from then on', () => {
    fc.assert(
      fc.property(teams, events, times, (team, event, expiresAtMs) => {
        const parts = partsOf(sign({ teamId: team, eventId: event, expiresAtMs }));
        const wholeMs = Math.floor(expiresAtMs / 1000) * 1000;
        expect(verifyBodyUrl({ ...parts, nowMs: wholeMs - 1, keys: [key] })).toBe('ok');
        expect(verifyBodyUrl({ ...parts, nowMs: wholeMs, keys: [key] })).toBe('expired');
        expect(verifyBodyUrl({ ...parts, nowMs: expiresAtMs, keys: [key] })).toBe('expired');
      }),
    );
  });

  test('opens nothing else: another team, event, time or signature is wrong', () => {
    const changes = fc.oneof(
      teams.map((other) => ({ teamId: other })),
      events.map((other) => ({ eventId: other })),
      fc.integer({ min: 0, max: 8.64e12 }).map((other) => ({ expires: String(other) })),
      fc.string({ unit: 'binary' }).map((other) => ({ signature: other })),
      fc.uint8Array({ minLength: 32, maxLength: 32 }).map((other) => ({
        signature: Buffer.from(other).toString('base64url'),
      })),
    );
    fc.assert(
      fc.property(teams, events, times, changes, (team, event, expiresAtMs, change) => {
        const parts = partsOf(sign({ teamId: team, eventId: event, expiresAtMs }));
        const changed = { ...parts, ...change };
        fc.pre(JSON.stringify(changed) !== JSON.stringify(parts));
        expect(verifyBodyUrl({ ...changed, nowMs: 0, keys: [key] })).toBe('wrong');
      }),
    );
  });

  test('is wrong with any one bit of its signature turned, and with any other spelling of it', () => {
    const parts = partsOf(sign());
    const bytes = Buffer.from(parts.signature, 'base64url');
    for (let bit = 0; bit < 256; bit += 1) {
      const turned = Buffer.from(bytes);
      turned.writeUInt8(turned.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      const signature = turned.toString('base64url');
      expect(verifyBodyUrl({ ...parts, signature, nowMs: 0, keys: [key] })).toBe('wrong');
    }
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = alphabet.indexOf(parts.signature.slice(-1));
    const sameBytes = `${parts.signature.slice(0, -1)}${alphabet[last ^ 1] ?? ''}`;
    expect(Buffer.from(sameBytes, 'base64url')).toEqual(bytes);
    for (const signature of [sameBytes, `${parts.signature}=`, ` ${parts.signature}`, bytes.toString('hex')]) {
      expect(verifyBodyUrl({ ...parts, signature, nowMs: 0, keys: [key] })).toBe('wrong');
    }
  });

  test.each(['', '01800000000', '+1800000000', '1800000000.0', '1.8e9', ' 1800000000', '-1', '99999999999999'])(
    'is wrong with the time %j',
    (expires) => {
      expect(verifyBodyUrl({ ...partsOf(sign()), expires, nowMs: 0, keys: [key] })).toBe('wrong');
    },
  );

  test('says that it expired only to whoever has a signature', () => {
    const parts = { ...partsOf(sign()), nowMs: 1_900_000_000_000, keys: [key] };
    expect(verifyBodyUrl(parts)).toBe('expired');
    expect(verifyBodyUrl({ ...parts, signature: 'A'.repeat(43) })).toBe('wrong');
    expect(verifyBodyUrl({ ...parts, expires: '1800000001' })).toBe('wrong');
  });

  test('of any of the keys is taken, and of no other', () => {
    const keys = [randomBytes(32), randomBytes(32), randomBytes(32)].map(deriveUrlKey);
    for (const each of keys) {
      expect(verifyBodyUrl({ ...partsOf(sign({ key: each })), nowMs: 0, keys })).toBe('ok');
    }
    expect(verifyBodyUrl({ ...partsOf(sign()), nowMs: 0, keys })).toBe('wrong');
    expect(verifyBodyUrl({ ...partsOf(sign()), nowMs: 0, keys: [] })).toBe('wrong');
  });

  test('lies below the public URL, whether that has a path or not', () => {
    expect(sign({ baseUrl: 'https://hooks.example/' })).toBe(sign({ baseUrl: 'https://hooks.example' }));
    expect(sign({ baseUrl: 'https://example.com/hooks/' })).toMatch(
      /^https:\/\/example\.com\/hooks\/bodies\/evt_\w+\?team=team_\w+&expires=1800000000&signature=[\w-]{43}$/,
    );
  });

  test('is signed over its version, team, event and time, so that URLs outlive a new release', () => {
    // HMAC-SHA256 of the four lines, computed elsewhere.
    expect(sign()).toBe(
      `https://hooks.example/bodies/${eventId}?team=${teamId}&expires=1800000000&signature=N9eksFU8Z3c6KCK44827Gb_GFohbi9o-kYyyv-JfAVY`,
    );
  });

  test('is made for ids, a key and a time, and nothing else', () => {
    for (const wrong of [
      { teamId: eventId },
      { eventId: teamId },
      { eventId: `${eventId}\n` },
      { key: Buffer.alloc(0) },
    ]) {
      expect(() => sign(wrong)).toThrow(TypeError);
    }
    for (const expiresAtMs of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => sign({ expiresAtMs })).toThrow(RangeError);
    }
  });
});

test('the key of URLs is of its own for each master key, and tells nothing of it', () => {
  // HKDF-SHA256 with 32 zero bytes of salt and the info "posthorn/body-url/v1", computed by its definition.
  const masterKey = Buffer.from(Array.from({ length: 32 }, (_, index) => index * 3));
  expect(deriveUrlKey(masterKey).toString('hex')).toBe(
    '2ed462c36f580ce82b0f947a03a09d9a06c0d7768a8e2abeb51b657dee0805b3',
  );
  expect(deriveUrlKey(masterKey).equals(deriveUrlKey(randomBytes(32)))).toBe(false);
});
