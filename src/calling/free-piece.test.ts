import { expect, test } from 'vitest';
import { freePiece } from './free-piece.ts';

test('a piece with memory of its own gives it back', () => {
  const piece = Buffer.allocUnsafeSlow(65_536);
  freePiece(piece);
  expect(piece).toHaveLength(0);
});

test('a piece behind a head gives back the memory of both', () => {
  const memory = Buffer.allocUnsafeSlow(16_384);
  freePiece(memory.subarray(300));
  expect(memory).toHaveLength(0);
});

test.each([
  ['that others follow in the same memory', Buffer.allocUnsafeSlow(16_384).subarray(0, 16_000)],
  ['that is a small end of its memory', Buffer.allocUnsafeSlow(16_384).subarray(10_000)],
  ['of memory that threads share', Buffer.from(new SharedArrayBuffer(65_536))],
])('a piece %s is left alone', (_what, piece) => {
  const { length } = piece;
  freePiece(piece);
  expect(piece).toHaveLength(length);
});

test('pieces of the memory that Node gives out in parts are left alone, to the last one', () => {
  const pieces: Buffer[] = [];
  // More than fill it, twice, in lengths that meet its end.
  for (let bytes = 0; bytes < 4 * Buffer.poolSize; bytes += 512) pieces.push(Buffer.from('x'.repeat(512)));
  for (const piece of pieces) freePiece(piece);
  expect(pieces.every((piece) => piece.length === 512)).toBe(true);
});
