import type { LocatedSignature } from './located-signature.ts';

/** Two stretches of a file, of which the first begins at 0, with the hexadecimal string of the signature between them. */
export type SignedRange = { contentsFrom: number; contentsTo: number; endsAt: number };

/**
 * What a signature covers: everything up to `endsAt` but its own `/Contents` (ISO 32000-1, 12.8.1). Null: the range is
 * not that, so that something could be hidden in the gap, or it leads out of the file.
 */
export function readRange({ byteRange, contents }: LocatedSignature, fileBytes: number): SignedRange | null {
  if (byteRange?.length !== 4 || contents === null) return null;
  const [begin, length, next, rest] = byteRange as [number, number, number, number];
  const endsAt = next + rest;
  const fits = begin === 0 && length === contents.from && next === contents.to && endsAt <= fileBytes;
  return fits ? { contentsFrom: contents.from, contentsTo: contents.to, endsAt } : null;
}

/** The bytes that are signed, as views on the file. */
export function signedParts(bytes: Buffer, { contentsFrom, contentsTo, endsAt }: SignedRange): [Buffer, Buffer] {
  return [bytes.subarray(0, contentsFrom), bytes.subarray(contentsTo, endsAt)];
}

/** Whether a revision of a PDF can end here: behind `%%EOF` and what breaks its line (ISO 32000-1, 7.5.5). */
export function endsRevision(bytes: Buffer, at: number): boolean {
  return /%%EOF\s*$/.test(bytes.toString('latin1', Math.max(0, at - 32), at));
}

/** The bytes that a hexadecimal string stands for; null when it is none, or stands for more than `mostBytes`. */
export function decodeHex(bytes: Buffer, { contentsFrom, contentsTo }: SignedRange, mostBytes: number): Buffer | null {
  const text = bytes.toString('latin1', contentsFrom + 1, Math.min(contentsTo - 1, contentsFrom + 2 + 3 * mostBytes));
  if (!/^[\dA-Fa-f\s]*$/.test(text)) return null;
  const digits = /\s/.test(text) ? text.replaceAll(/\s+/g, '') : text;
  return digits.length % 2 === 0 && digits.length <= 2 * mostBytes ? Buffer.from(digits, 'hex') : null;
}
