import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../tests/spool/spool-fixtures.ts';
import { encodeFrame, type FrameContent, readFrame } from './record-frame.ts';
import { type Found, scanSegment } from './segment-scan.ts';

const marker = Buffer.from('a-marker');
const record = fc.record<FrameContent>({
  head: fc.json({ maxDepth: 1 }),
  body: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  appendedAtMs: fc.double({ noNaN: true }),
});
/** Bytes that are no record, some of them near misses. */
const garbage = fc
  .array(fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.constantFrom(marker, marker.subarray(0, 5))), { minLength: 1 })
  .map((pieces) => Buffer.concat(pieces))
  .filter((bytes) => bytes.length > 0);

function encode(content: FrameContent): Buffer {
  return Buffer.concat(encodeFrame(marker, content, Buffer.byteLength(content.head)));
}

async function scan(content: Buffer, windowBytes: number): Promise<Found[]> {
  const path = join(await temporaryFolder(), 'a');
  await writeFile(path, content);
  const file = await open(path);
  try {
    const all: Found[] = [];
    for await (const found of scanSegment(file, { marker, from: 0, end: content.length, windowBytes })) all.push(found);
    return all;
  } finally {
    await file.close();
  }
}

test('a record is read as it was written', () => {
  fc.assert(
    fc.property(record, (content) => {
      const bytes = encode(content);
      expect(readFrame(bytes, 0, marker)).toEqual({ kind: 'record', record: content, next: bytes.length });
    }),
  );
});

test('records are found between whatever bytes, through a window of any size, and the gaps are told', async () => {
  const pieces = fc.array(fc.oneof(record, garbage), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(pieces, fc.integer({ min: 1, max: 300 }), async (given, windowBytes) => {
      const bytes = given.map((piece) => (Buffer.isBuffer(piece) ? piece : encode(piece)));
      const expected: Found[] = [];
      let offset = 0;
      given.forEach((piece, index) => {
        const start = offset;
        offset += bytes[index]!.length;
        const last = expected.at(-1);
        if (!Buffer.isBuffer(piece)) expected.push({ kind: 'record', record: piece, end: offset });
        else if (last?.kind === 'gap') last.end = offset;
        else
          expected.push({ kind: 'gap', start, end: offset, tail: false, incomplete: expect.any(Boolean) as boolean });
      });
      const last = expected.at(-1);
      if (last?.kind === 'gap') last.tail = true;
      expect(await scan(Buffer.concat(bytes), windowBytes)).toEqual(expected);
    }),
    { numRuns: 150 },
  );
});

test('a record inside a body is not taken for one when the marker is another', async () => {
  const planted = Buffer.concat(encodeFrame(Buffer.from('guessed!'), { ...plain, head: '{"planted":true}' }, 16));
  const bytes = encode({ ...plain, body: planted });
  bytes.writeUInt8(1, 9);
  const found = await scan(Buffer.concat([bytes, encode(plain)]), 100);
  expect(found).toEqual([
    { kind: 'gap', start: 0, end: bytes.length, tail: false, incomplete: false },
    { kind: 'record', record: plain, end: expect.any(Number) as number },
  ]);
});

const plain: FrameContent = { head: '{}', body: Buffer.from('body'), appendedAtMs: 5 };
