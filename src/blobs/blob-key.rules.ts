import { isId } from '../ids/id.rules.ts';

/** What a key is made of. `day` is `yyyymmdd` in UTC. */
export type BlobPlace = { day: string; teamId: string; blobId: string };

// One word of a file name or a URL path: no dot, so that it can be neither `..` nor a hidden file.
const blobIdShape = /^[a-z0-9][a-z0-9_-]{0,63}$/;
const sha256Shape = /^[0-9a-f]{64}$/;
/** No day is called so: what is kept for good lies beside the days. */
const keptFolder = 'archive';

/**
 * The key of a blob that is put now: `<yyyymmdd>/<team id>/<blob id>`, the day in UTC.
 * @throws TypeError when an id cannot be part of a key, RangeError for a time outside the years 1970 to 9999
 */
export function blobKey({ nowMs, teamId, blobId }: { nowMs: number; teamId: string; blobId: string }): string {
  if (!isId('team', teamId)) throw new TypeError('A blob key needs the id of a team.');
  if (!blobIdShape.test(blobId)) {
    throw new TypeError('The id of a blob is 1 to 64 of a-z, 0-9, _ and -, and starts with a letter or a digit.');
  }
  return `${dayOf(nowMs)}/${teamId}/${blobId}`;
}

/**
 * The key of a blob that is kept for good: `archive/<team id>/<sha256 in lower case hex>`.
 * @throws TypeError when a part cannot be part of a key
 */
export function keptBlobKey({ teamId, sha256 }: { teamId: string; sha256: string }): string {
  if (!sha256Shape.test(sha256)) throw new TypeError('A kept blob is named by its SHA-256 in lower case hex.');
  return `${keptTeamFolder(teamId)}/${sha256}`;
}

/** What all keys of blobs that are kept for a team begin with, before a slash. @throws TypeError */
export function keptTeamFolder(teamId: string): string {
  if (!isId('team', teamId)) throw new TypeError('A blob key needs the id of a team.');
  return `${keptFolder}/${teamId}`;
}

export function isKeptFolder(name: string): boolean {
  return name === keptFolder;
}

/** The parts of a key, or null when the text is no key that `blobKey` could have made. */
export function parseBlobKey(key: string): BlobPlace | null {
  const [day = '', teamId = '', blobId = '', ...more] = key.split('/');
  if (more.length > 0 || !isBlobDay(day) || !isBlobTeam(teamId) || !blobIdShape.test(blobId)) return null;
  return { day, teamId, blobId };
}

/** True for `yyyymmdd` of a day that the calendar has. */
export function isBlobDay(text: string): boolean {
  const [, year, month, day] = /^(\d{4})(\d\d)(\d\d)$/.exec(text) ?? [];
  if (year === undefined) return false;
  const atMs = Date.parse(`${year}-${month}-${day}T00:00:00Z`);
  return Number.isFinite(atMs) && atMs >= 0 && dayOf(atMs) === text;
}

export function isBlobTeam(text: string): boolean {
  return isId('team', text);
}

function dayOf(atMs: number): string {
  if (!(atMs >= 0 && atMs < Date.UTC(10_000, 0))) throw new RangeError('A blob key needs a time from 1970 to 9999.');
  return new Date(atMs).toISOString().slice(0, 10).replaceAll('-', '');
}
