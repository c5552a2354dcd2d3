/**
 * Ids are TypeIDs: `<prefix>_` and 26 characters of Crockford base 32 (lower case) that spell a UUIDv7 (RFC 9562), so
 * they sort by time as text and are 16 bytes in the database.
 * Source: the TypeID specification 0.3 (alphabet, 26 characters, first one at most `7`).
 */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

export const idPrefixes = {
  team: 'team',
  apiKey: 'key',
  endpoint: 'ep',
  secret: 'sec',
  event: 'evt',
  delivery: 'dlv',
  attempt: 'att',
  replay: 'rpl',
  source: 'src',
  sourceCredential: 'scr',
  connection: 'con',
  connectionCredential: 'ccr',
  call: 'call',
  archiveJob: 'ajb',
  archivedDocument: 'doc',
  member: 'mem',
  auditEntry: 'aud',
  evidence: 'evd',
  review: 'rev',
  reviewComment: 'cmt',
  reviewSnapshot: 'snp',
  attestation: 'ats',
  waiver: 'wvr',
  signOff: 'sgn',
  promotion: 'prm',
  watchLook: 'wch',
  drillRun: 'drl',
  deployment: 'dpl',
  verification: 'vfy',
} as const;
export type IdPrefix = (typeof idPrefixes)[keyof typeof idPrefixes];

const pairs: string[] = [];
for (const high of alphabet) for (const low of alphabet) pairs.push(high + low);

const valueOf = new Uint8Array(128).fill(255);
for (let value = 0; value < 32; value += 1) valueOf[alphabet.charCodeAt(value)] = value;

const shape = /^[0-7][0-9a-hjkmnp-tv-z]{25}$/;

/** True when `text` is an id with this prefix. */
export function isId(prefix: IdPrefix, text: string): boolean {
  return (
    text.length === prefix.length + 27 &&
    text.startsWith(prefix) &&
    text[prefix.length] === '_' &&
    shape.test(text.slice(prefix.length + 1))
  );
}

/** The ten leading characters: 48 bits of Unix milliseconds. */
export function encodeTime(unixMs: number): string {
  let rest = Math.floor(unixMs);
  let text = '';
  for (let index = 0; index < 5; index += 1) {
    text = pairs[rest % 1024] + text;
    rest = Math.floor(rest / 1024);
  }
  return text;
}

/** The sixteen trailing characters: version 7, a 12-bit sequence, the variant, and 62 random bits in four numbers. */
export function encodeTail(sequence: number, random2: number, random20a: number, random20b: number, random20c: number) {
  const first = (7 << 16) | (sequence << 4) | (2 << 2) | random2;
  return quarter(first) + quarter(random20a) + quarter(random20b) + quarter(random20c);
}

function quarter(bits20: number): string {
  return (pairs[bits20 >> 10] as string) + (pairs[bits20 & 1023] as string);
}

/** Writes the 16 bytes of an id (any prefix) at `offset`. The id must be well formed. */
export function writeIdBytes(id: string, target: Buffer, offset: number): void {
  const start = id.length - 26;
  let high = 0;
  for (let index = 0; index < 5; index += 1) high = high * 32 + digit(id, start + index);
  let low = 0;
  for (let index = 5; index < 10; index += 1) low = low * 32 + digit(id, start + index);
  target.writeUIntBE(high * 33554432 + low, offset, 6);
  const q1 = twenty(id, start + 10);
  const q2 = twenty(id, start + 14);
  const q3 = twenty(id, start + 18);
  const q4 = twenty(id, start + 22);
  target.writeUInt32BE(((q1 << 12) | (q2 >> 8)) >>> 0, offset + 6);
  target.writeUInt32BE((((q2 & 0xff) << 24) | (q3 << 4) | (q4 >> 16)) >>> 0, offset + 10);
  target.writeUInt16BE(q4 & 0xffff, offset + 14);
}

function digit(id: string, index: number): number {
  return valueOf[id.charCodeAt(index)] as number;
}

function twenty(id: string, index: number): number {
  return (digit(id, index) << 15) | (digit(id, index + 1) << 10) | (digit(id, index + 2) << 5) | digit(id, index + 3);
}

/** `prefix_...` from PostgreSQL's text form of a uuid. */
export function idFromUuid(prefix: IdPrefix, uuid: string): string {
  const hex = uuid.replaceAll('-', '');
  let text = encodeTime(Number.parseInt(hex.slice(0, 12), 16));
  for (let index = 12; index < 32; index += 5) text += quarter(Number.parseInt(hex.slice(index, index + 5), 16));
  return `${prefix}_${text}`;
}

/** PostgreSQL's text form of a uuid from a well-formed id. */
export function uuidFromId(id: string): string {
  const bytes = Buffer.allocUnsafe(16);
  writeIdBytes(id, bytes, 0);
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** The Unix milliseconds that an id was made at. */
export function timeOfId(id: string): number {
  const start = id.length - 26;
  let time = 0;
  for (let index = 0; index < 10; index += 1) time = time * 32 + digit(id, start + index);
  return time;
}

/** The smallest id of a moment: a bound for time filters and day partitions. */
export function floorId(prefix: IdPrefix, unixMs: number): string {
  return `${prefix}_${encodeTime(unixMs)}0000000000000000`;
}
