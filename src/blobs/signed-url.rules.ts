import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { isId } from '../ids/id.rules.ts';

/** What the signature of version 1 is over; another version has another first line. */
const version = 'posthorn/body-url/v1';
const keySizeBytes = 32;

/** The key that signs the URLs of bodies, apart from all else that the master key is for (HKDF-SHA256, RFC 5869). */
export function deriveUrlKey(masterKey: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', masterKey, Buffer.alloc(0), version, keySizeBytes));
}

/**
 * A URL that opens one event's body until it expires, to whoever has it:
 * `<base>/bodies/<event id>?team=<team id>&expires=<Unix seconds>&signature=<base64url of HMAC-SHA256>`.
 * Seconds are rounded down, so it is never valid for longer than asked.
 * @throws TypeError for what are no ids or no key, RangeError for a time that is none
 */
export function signBodyUrl(options: {
  /** The public URL of this Posthorn; it may have a path. */
  baseUrl: string;
  teamId: string;
  eventId: string;
  expiresAtMs: number;
  /** Of `deriveUrlKey`. */
  key: Buffer;
}): string {
  const { baseUrl, teamId, eventId, expiresAtMs, key } = options;
  if (!isId('team', teamId) || !isId('evt', eventId)) throw new TypeError('A body URL needs a team and an event.');
  if (key.length !== keySizeBytes) throw new TypeError('A body URL is signed with a key of deriveUrlKey.');
  if (!(expiresAtMs >= 0 && expiresAtMs <= 8.64e15)) throw new RangeError('A body URL needs a time when it expires.');
  const expires = String(Math.floor(expiresAtMs / 1000));
  const signature = signatureOf(key, teamId, eventId, expires);
  const query = new URLSearchParams({ team: teamId, expires, signature });
  return `${baseUrl.replace(/\/+$/, '')}/bodies/${eventId}?${query.toString()}`;
}

/**
 * Judges what came with a request for a body, as text from its path and query. The signature may be of any of the keys,
 * so that URLs outlive a change of the master key. `expired` is said only of what was really signed.
 */
export function verifyBodyUrl(options: {
  teamId: string;
  eventId: string;
  expires: string;
  signature: string;
  nowMs: number;
  /** Of `deriveUrlKey`, one for each master key. */
  keys: readonly Buffer[];
}): 'ok' | 'expired' | 'wrong' {
  const { teamId, eventId, expires, signature, nowMs, keys } = options;
  const wellFormed = isId('team', teamId) && isId('evt', eventId) && /^(0|[1-9]\d{0,12})$/.test(expires);
  if (!wellFormed) return 'wrong';
  const given = Buffer.from(signature, 'utf8');
  let matches = 0;
  for (const key of keys) matches += sameText(given, signatureOf(key, teamId, eventId, expires)) ? 1 : 0;
  if (matches === 0) return 'wrong';
  return nowMs < Number(expires) * 1000 ? 'ok' : 'expired';
}

/** Ids and digits hold no line ends, so no two inputs read the same. */
function signatureOf(key: Buffer, teamId: string, eventId: string, expires: string): string {
  return createHmac('sha256', key).update([version, teamId, eventId, expires].join('\n')).digest('base64url');
}

function sameText(given: Buffer, wanted: string): boolean {
  const bytes = Buffer.from(wanted, 'utf8');
  return given.length === bytes.length && timingSafeEqual(given, bytes);
}
