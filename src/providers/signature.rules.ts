import { createHash, createHmac, hash, timingSafeEqual } from 'node:crypto';
import type { Credential, InboundRequest, Rejection, RejectionReason } from './provider-profile.ts';

/** Longer signature headers are refused before anything is computed. */
const headerMaxLength = 8_192;
const secretMaxLength = 256;
const eventTypeMaxLength = 128;

export function reject(reason: RejectionReason, detail: string): Rejection {
  return { verified: false, reason, detail };
}

/** The one value of a header. A header that comes twice is refused: which of the two was meant is anybody's guess. */
export function oneHeader(
  request: InboundRequest,
  name: string,
  missing: RejectionReason = 'signature_missing',
): string | Rejection {
  const values = request.headers.get(name);
  const value = values?.[0];
  if (value === undefined || value === '') return reject(missing, `There is no ${name} header.`);
  if (values !== undefined && values.length > 1)
    return reject('signature_repeated', `${name} came ${values.length} times.`);
  if (value.length > headerMaxLength) return reject('signature_malformed', `${name} is too long.`);
  return value;
}

export function hmacOf(
  algorithm: 'sha1' | 'sha256' | 'sha512',
  key: string | Buffer,
  ...parts: (string | Buffer)[]
): Buffer {
  const hmac = createHmac(algorithm, key);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

/** In constant time for digests of one length. */
export function sameDigest(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}

const digests = new Map<string, Buffer>();
const digestsMost = 1_000;

/** Of a secret of ours, which is asked for with every request. */
function digestOf(secret: string): Buffer {
  const known = digests.get(secret);
  if (known !== undefined) return known;
  if (digests.size >= digestsMost) digests.clear();
  const digest = hash('sha256', secret, 'buffer');
  digests.set(secret, digest);
  return digest;
}

/** Compares secrets of any length in constant time. */
export function sameSecret(given: string, ours: string): boolean {
  return timingSafeEqual(hash('sha256', given, 'buffer'), digestOf(ours));
}

/** Exactly `bytes` bytes of hex, either case; null for anything else. */
export function parseHex(text: string, bytes: number): Buffer | null {
  return text.length === bytes * 2 && /^[0-9a-f]*$/i.test(text) ? Buffer.from(text, 'hex') : null;
}

/** Exactly `bytes` bytes of padded standard base64 and no other spelling of them; null for anything else. */
export function parseBase64(text: string, bytes: number): Buffer | null {
  const decoded = Buffer.from(text, 'base64');
  return decoded.length === bytes && decoded.toString('base64') === text ? decoded : null;
}

/** What is wrong with a secret that is pasted as text; null when it will do. It never quotes any of it. */
export function secretProblem(value: string, minLength = 8): string | null {
  if (value !== value.trim()) return 'Remove the white space around it; it is probably left over from copying.';
  if (!/^[\x20-\x7e]*$/.test(value)) return 'It has characters other than printable ASCII; copy it again.';
  if (value.length >= minLength && value.length <= secretMaxLength) return null;
  return `It must be ${minLength} to ${secretMaxLength} characters long; this has ${value.length}.`;
}

/** Credentials of one kind. */
export function ofKind(credentials: readonly Credential[], kind: string): Credential[] {
  return credentials.filter((credential) => credential.kind === kind);
}

/** The credential whose digest is among those given. All pairs are compared, so that time tells nothing. */
export function findSigner(
  credentials: readonly Credential[],
  given: readonly Buffer[],
  digestOf: (credential: Credential) => Buffer,
): Credential | null {
  let found: Credential | null = null;
  for (const credential of credentials) {
    const digest = digestOf(credential);
    for (const candidate of given) if (sameDigest(digest, candidate)) found ??= credential;
  }
  return found;
}

/** Unix seconds written as digits; null for anything else. */
export function parseUnixSeconds(text: string): number | null {
  return /^\d{1,12}$/.test(text) ? Number(text) : null;
}

/** The rejection for a timestamp too far from now, in either direction; null when it is near enough. */
export function checkTolerance(timestampSeconds: number, nowMs: number, toleranceSeconds: number): Rejection | null {
  const awaySeconds = Math.round(nowMs / 1000 - timestampSeconds);
  if (Math.abs(awaySeconds) <= toleranceSeconds) return null;
  const how = awaySeconds > 0 ? `${awaySeconds} s old` : `${-awaySeconds} s in the future`;
  return reject('timestamp_outside_tolerance', `It is ${how}; ${toleranceSeconds} s are allowed.`);
}

/** Whether `Authorization: Basic` holds the `user:password` of one of the credentials. */
export function findBasic(request: InboundRequest, credentials: readonly Credential[]): Credential | Rejection {
  const header = oneHeader(request, 'authorization');
  if (typeof header !== 'string') return header;
  const [, encoded] = /^basic +([A-Za-z0-9+/]+=*)$/i.exec(header) ?? [];
  if (encoded === undefined) return reject('signature_malformed', 'The authorization header is not Basic.');
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.toString('base64') !== encoded) return reject('signature_malformed', 'The base64 is not as it should be.');
  const given = bytes.toString('utf8');
  let found: Credential | null = null;
  for (const credential of credentials) if (sameSecret(given, credential.value)) found ??= credential;
  return found ?? reject('signature_mismatch', 'No credential has this user and password.');
}

/** A dedupe key over parts: 43 characters that tell nothing of them. Parts cannot run into one another. */
export function dedupeKeyOf(...parts: (string | Buffer)[]): string {
  if (parts.every((part) => typeof part === 'string')) {
    // In one call: most keys are made of short texts, and every call into OpenSSL costs more than they do.
    return hash('sha256', parts.map((part) => `${Buffer.byteLength(part)}:${part}`).join(''), 'base64url');
  }
  const whole = createHash('sha256');
  for (const part of parts) whole.update(`${Buffer.byteLength(part)}:`).update(part);
  return whole.digest('base64url');
}

type Parsed = { body: Buffer; value: unknown };

/**
 * Bodies that were parsed: a request is named, redacted and filtered by one and the same body. Small ones are asked for
 * within one turn of the event loop, so the last one is enough, and entries of a WeakMap cost the garbage collector more
 * than parsing does.
 */
let lastParsed: Parsed = { body: Buffer.alloc(0), value: undefined };
const parsedLarge = new WeakMap<Buffer, Parsed>();
const largeBytes = 65_536;

/** The parsed body; undefined when it is no JSON. It is parsed once: do not change it. */
export function jsonOf(body: Buffer): unknown {
  if (lastParsed.body === body) return lastParsed.value;
  const known = body.length > largeBytes ? parsedLarge.get(body) : undefined;
  if (known !== undefined) return known.value;
  const parsed = { body, value: parseOrUndefined(body) };
  if (body.length > largeBytes) parsedLarge.set(body, parsed);
  else lastParsed = parsed;
  return parsed.value;
}

function parseOrUndefined(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** A string or number at a path of object keys, as text; null when there is none or it is empty. */
export function textAt(value: unknown, ...path: string[]): string | null {
  let here = value;
  for (const key of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, key)) return null;
    here = (here as Record<string, unknown>)[key];
  }
  if (typeof here === 'number' || typeof here === 'boolean') return String(here);
  return typeof here === 'string' && here !== '' ? here : null;
}

const zonedTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;

/** The instant that an ISO 8601 time with its zone names; null for anything else, a time without a zone too. */
export function instantMs(text: string | null): number | null {
  if (text === null || !zonedTime.test(text)) return null;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? null : atMs;
}

/** The one value of a header that nothing depends on; null when it is missing, repeated or too long. */
export function headerText(request: InboundRequest, name: string): string | null {
  const value = oneHeader(request, name);
  return typeof value === 'string' ? value : null;
}

/**
 * A provider's own event name as an event type: what a name may not hold becomes `.`, and a name that would pass for
 * one of Posthorn's own gets the provider in front.
 */
export function eventTypeName(provider: string, text: string | null): string {
  const name = (text ?? '').replaceAll(/[^A-Za-z0-9_.:-]+/g, '.').replace(/^[^A-Za-z0-9]+/, '');
  if (name === '') return `${provider}.unrecognised`;
  return (name.toLowerCase().startsWith('posthorn.') ? `${provider}.${name}` : name).slice(0, eventTypeMaxLength);
}

/** A subject or an id of at most 200 characters without control characters; a longer or odd one becomes its hash. */
export function keyText(text: string | null): string | null {
  if (text === null) return null;
  return text.length <= 200 && text.isWellFormed() && !/\p{Cc}/u.test(text) ? text : dedupeKeyOf(text);
}

/**
 * Whether an object in the upper `levels` of a JSON text names a member twice. Parsers disagree about which of the two
 * counts, so what was verified need not be what a receiver reads.
 * @param json a text that JSON.parse has accepted
 */
export function repeatsName(json: string, levels: number): boolean {
  const names: Set<string>[] = [];
  let depth = 0;
  for (let index = 0; index < json.length; index += 1) {
    const character = json[index];
    if (character === '{' || character === '[') {
      if (depth < levels) names[depth] = new Set();
      depth += 1;
    } else if (character === '}' || character === ']') depth -= 1;
    else if (character === '"') {
      const end = endOfString(json, index);
      if (depth <= levels && isName(json, end)) {
        const name = JSON.parse(json.slice(index, end)) as string;
        if (names[depth - 1]?.has(name)) return true;
        names[depth - 1]?.add(name);
      }
      index = end - 1;
    }
  }
  return false;
}

/**
 * The body with `***` in place of every text under the given name, byte for byte the same elsewhere, whatever the JSON
 * is wrapped in; null when there is none.
 */
export function maskTexts(body: Buffer, name: string): Buffer | null {
  const text = body.toString('latin1');
  const pieces: string[] = [];
  let done = 0;
  const member = new RegExp(`"${name}"[ \\t\\r\\n]*:[ \\t\\r\\n]*"`, 'g');
  for (let found = member.exec(text); found !== null; found = member.exec(text)) {
    const start = member.lastIndex;
    const end = endOfString(text, start - 1);
    pieces.push(text.slice(done, start), '***');
    done = end > start && text[end - 1] === '"' ? end - 1 : end;
    member.lastIndex = end;
  }
  return done === 0 ? null : Buffer.from(pieces.join('') + text.slice(done), 'latin1');
}

/** The index after the JSON string that starts at `start`; the end of the text when nothing closes it. */
function endOfString(text: string, start: number): number {
  let end = start;
  for (;;) {
    end = text.indexOf('"', end + 1);
    if (end === -1) return text.length;
    let slashes = 0;
    while (text[end - 1 - slashes] === '\\') slashes += 1;
    if (slashes % 2 === 0) return end + 1;
  }
}

function isName(json: string, end: number): boolean {
  let index = end;
  while (json[index] === ' ' || json[index] === '\t' || json[index] === '\n' || json[index] === '\r') index += 1;
  return json[index] === ':';
}
