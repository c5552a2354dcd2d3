import type { LocatedSignature } from './located-signature.ts';

/**
 * Signature dictionaries of one object. `whole`: it was read to its end. `end` is where reading stopped, `steps` how many
 * bytes were looked at.
 */
type ReadDictionaries = { found: LocatedSignature[]; whole: boolean; end: number; steps: number };

type Frame = {
  kind: 'dictionary' | 'array';
  /** Of a dictionary: the key whose value comes next. */
  key: string | null;
  /** Of an array: its numbers; null when there is anything else in it. */
  numbers: number[] | null;
  byteRange: LocatedSignature['byteRange'] | undefined;
  contents: LocatedSignature['contents'] | undefined;
  subFilter: string | null | undefined;
};
type Value = { numbers?: number[] | null; hex?: { from: number; to: number }; name?: string };

/** Signature dictionaries are small, but for `/Contents`, which is passed over without looking at each byte. */
const stepsMost = 64 * 1024;
const hexBytesMost = 16 * 1024 * 1024;
const depthMost = 32;
const byte = (character: string): number => character.charCodeAt(0);
const [open, close, lessThan, greaterThan] = ['(', ')', '<', '>'].map(byte) as [number, number, number, number];
const [leftBracket, rightBracket, slash, percent, backslash] = ['[', ']', '/', '%', '\\'].map(byte) as [
  number,
  number,
  number,
  number,
  number,
];
const spaces = new Set([0, 9, 10, 12, 13, 32]);
const delimiters = new Set(Buffer.from('()<>[]{}/%'));

/**
 * Reads one object from behind its `obj` and collects dictionaries with a `/ByteRange` (ISO 32000-1, 7.2 and 7.3). Whatever
 * the bytes are, it ends: at `endobj`, `stream` or `to`, too deep, or after 64 KiB that had to be looked at one by one.
 */
export function readDictionaries(bytes: Buffer, from: number, to: number): ReadDictionaries {
  const found: LocatedSignature[] = [];
  const frames: Frame[] = [];
  let at = from;
  let steps = 0;
  let ended = false;
  const step = (count = 1): void => {
    at += count;
    steps += count;
  };
  while (at < to && steps < stepsMost) {
    const now = bytes[at] as number;
    if (spaces.has(now)) step();
    else if (now === percent) step(endOfComment(bytes, at, Math.min(to, at + stepsMost - steps)) - at);
    else if (now === open) {
      const end = endOfLiteral(bytes, at, Math.min(to, at + stepsMost - steps));
      step(end - at);
      give(frames, {});
    } else if (now === lessThan && bytes[at + 1] === lessThan) {
      if (frames.length === depthMost) break;
      frames.push(newFrame('dictionary'));
      step(2);
    } else if (now === greaterThan && bytes[at + 1] === greaterThan) {
      step(2);
      const closed = frames.pop();
      if (closed?.kind !== 'dictionary') break;
      if (closed.byteRange !== undefined) found.push(signatureOf(closed));
      give(frames, {});
    } else if (now === lessThan) {
      const length = bytes.subarray(at, Math.min(to, at + hexBytesMost)).indexOf(greaterThan) + 1;
      if (length === 0) break;
      give(frames, { hex: { from: at, to: at + length } });
      at += length;
      steps += 1;
    } else if (now === leftBracket) {
      if (frames.length === depthMost) break;
      frames.push(newFrame('array'));
      step();
    } else if (now === rightBracket) {
      step();
      const closed = frames.pop();
      if (closed?.kind !== 'array') break;
      give(frames, { numbers: closed.numbers });
    } else if (now === slash) {
      const name = wordAt(bytes, at + 1, to);
      step(1 + name.length);
      const frame = frames.at(-1);
      if (frame?.kind === 'dictionary' && frame.key === null) frame.key = name;
      else give(frames, { name });
    } else if (delimiters.has(now)) step();
    else {
      const word = wordAt(bytes, at, to);
      if (word === 'endobj' || word === 'stream') {
        ended = true;
        break;
      }
      step(word.length);
      giveWord(frames, word);
    }
  }
  return { found, whole: ended && frames.length === 0, end: at, steps };
}

function newFrame(kind: Frame['kind']): Frame {
  return { kind, key: null, numbers: [], byteRange: undefined, contents: undefined, subFilter: undefined };
}

function signatureOf({ byteRange = null, contents = null, subFilter = null }: Frame): LocatedSignature {
  return { byteRange, contents, subFilter };
}

/** Hands a value to what it stands in. A key that comes twice is nothing that can be relied on: readers differ about it. */
function give(frames: readonly Frame[], { numbers = null, hex, name }: Value): void {
  const frame = frames.at(-1);
  if (frame === undefined) return;
  if (frame.kind === 'array') {
    frame.numbers = null;
    return;
  }
  if (frame.key === 'ByteRange') frame.byteRange = frame.byteRange === undefined ? numbers : null;
  if (frame.key === 'Contents') frame.contents = frame.contents === undefined ? (hex ?? null) : null;
  if (frame.key === 'SubFilter') frame.subFilter = frame.subFilter === undefined ? (name ?? null) : null;
  frame.key = null;
}

function giveWord(frames: readonly Frame[], word: string): void {
  const frame = frames.at(-1);
  if (frame?.kind !== 'array') return give(frames, {});
  if (/^\d{1,15}$/.test(word) && frame.numbers !== null && frame.numbers.length < 8) frame.numbers.push(Number(word));
  else frame.numbers = null;
}

/** Where the line ends, or `to`. */
function endOfComment(bytes: Buffer, from: number, to: number): number {
  let at = from + 1;
  while (at < to && bytes[at] !== 10 && bytes[at] !== 13) at += 1;
  return at;
}

/** Behind the parenthesis that closes the one at `from`; `to` when there is none. */
function endOfLiteral(bytes: Buffer, from: number, to: number): number {
  let depth = 0;
  for (let at = from; at < to; at += 1) {
    const now = bytes[at];
    if (now === backslash) at += 1;
    else if (now === open) depth += 1;
    else if (now === close) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return to;
}

/** A name or keyword: up to 127 characters before a space or a delimiter (ISO 32000-1, annex C). */
function wordAt(bytes: Buffer, from: number, to: number): string {
  let end = from;
  const most = Math.min(to, from + 127);
  while (end < most && !spaces.has(bytes[end] as number) && !delimiters.has(bytes[end] as number)) end += 1;
  return bytes.toString('latin1', from, end);
}
