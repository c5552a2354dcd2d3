import type { LocatedSignature } from './located-signature.ts';
import { readDictionaries } from './read-dictionaries.rules.ts';

/**
 * What stands in a file. `tooMuch`: more streams or signatures than are gone through, so that some may be unseen. `steps`
 * is the work that it took: bytes and streams looked at one by one; native searches go over each byte a few times.
 */
export type FoundSignatures = { found: readonly LocatedSignature[]; tooMuch: boolean; steps: number };

const streamsMost = 200_000;
const keysMost = 1_000;
const signaturesMost = 64;
/** As far as a dictionary may be read back to its object: `/Contents` may stand before `/ByteRange`. */
const objectBytesMost = 16 * 1024 * 1024;
const key = '/ByteRange';
const unreadable: LocatedSignature = { byteRange: null, contents: null, subFilter: null };
/** How often `obj` may stand in texts of an object before what is looked for. */
const triesMost = 16;

/**
 * The signature dictionaries of a PDF, in the order of the file, those of earlier revisions too. It looks at the bytes as
 * they are: signatures cannot stand in compressed objects, as their range names places in the file. What lies in streams
 * is passed over, since a PDF may hold another one. It is linear in the size of the file, whatever its bytes.
 */
export function findSignatures(bytes: Buffer): FoundSignatures {
  const found: LocatedSignature[] = [];
  const nextKey = searcher(bytes, key);
  const nextStream = searcher(bytes, 'stream');
  let at = 0;
  let steps = 0;
  let streams = 0;
  let keys = 0;
  while (true) {
    const keyAt = nextKey(at);
    if (keyAt === -1) return { found, tooMuch: false, steps };
    const streamAt = nextStream(at);
    steps += 1;
    if (streamAt !== -1 && streamAt < keyAt) {
      streams += 1;
      if (streams > streamsMost) return { found, tooMuch: true, steps };
      at = opensStream(bytes, streamAt) ? endOfStream(bytes, streamAt) : streamAt + 6;
      continue;
    }
    keys += 1;
    if (keys > keysMost) return { found, tooMuch: true, steps };
    const begin = beginOfObject(bytes, Math.max(at, keyAt - objectBytesMost), keyAt);
    if (begin === null) {
      at = keyAt + key.length;
      continue;
    }
    const read = readDictionaries(bytes, begin, bytes.length);
    steps += read.steps;
    // In an object that ends, the key may stand in a text; in another one it is of a signature that nobody can read.
    const more = read.whole ? read.found : [...read.found, unreadable];
    if (found.length + more.length > signaturesMost) return { found, tooMuch: true, steps };
    found.push(...more);
    at = Math.max(read.end, keyAt + key.length);
  }
}

/** Where a text is next. It goes over the file once, as long as positions only grow. */
function searcher(bytes: Buffer, text: string): (from: number) => number {
  let next = bytes.indexOf(text);
  return (from) => {
    if (next !== -1 && next < from) next = bytes.indexOf(text, from);
    return next;
  };
}

/** The keyword that opens a stream is followed by a line break (ISO 32000-1, 7.3.8), and is not the end of `endstream`. */
function opensStream(bytes: Buffer, at: number): boolean {
  const next = bytes[at + 6];
  return (next === 10 || next === 13) && bytes.toString('latin1', Math.max(0, at - 3), at) !== 'end';
}

/** By the length that its dictionary names, where it fits; else where `endstream` comes first. */
function endOfStream(bytes: Buffer, at: number): number {
  const dictionary = bytes.toString('latin1', Math.max(0, at - 256), at);
  const named = /\/Length (\d{1,10})(?! \d{1,10} R)(?!\d)(?![\s\S]*\/Length )/.exec(dictionary);
  const begin = at + 6 + (bytes[at + 6] === 13 && bytes[at + 7] === 10 ? 2 : 1);
  const end = begin + Number(named?.[1] ?? 0);
  const fits = /^\s{0,2}endstream/.test(bytes.toString('latin1', end, end + 11));
  const next = bytes.indexOf('endstream', fits ? end : begin);
  return next === -1 ? bytes.length : next + 9;
}

/** Behind the last `obj` before a place; null when that place is in no object. */
function beginOfObject(bytes: Buffer, from: number, before: number): number | null {
  const window = bytes.subarray(from, before);
  let at = window.length;
  for (let tries = 0; tries < triesMost && at > 0; tries += 1) {
    at = window.lastIndexOf('obj', at - 1);
    if (at === -1) return null;
    const ahead = window.toString('latin1', Math.max(0, at - 24), at);
    if (/\d\s+\d+\s+$/.test(ahead)) return from + at + 3;
    if (ahead.endsWith('end')) return null;
  }
  return null;
}
