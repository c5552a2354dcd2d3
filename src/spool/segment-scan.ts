import type { FileHandle } from 'node:fs/promises';
import { type FrameContent, markerBytes, readFrame } from './record-frame.ts';

/** What is found from one end of a segment to the other: records, and bytes in between that are none. */
export type Found = { kind: 'record'; record: FrameContent; end: number } | Gap;
/** `tail`: no record follows. `incomplete`: it begins like a record whose end is not there. */
export type Gap = { kind: 'gap'; start: number; end: number; tail: boolean; incomplete: boolean };

/**
 * Reads the records of a segment between two places, a window at a time (more when a record is larger). Bytes that are
 * no record are skipped up to the next record that can be proven.
 */
export async function* scanSegment(
  file: FileHandle,
  options: { marker: Buffer; from: number; end: number; windowBytes: number },
): AsyncGenerator<Found, void, undefined> {
  const { marker, end, windowBytes } = options;
  let offset = options.from;
  let wanted = windowBytes;
  let gap: { start: number; incomplete: boolean } | null = null;
  while (offset < end) {
    const window = await readFully(file, offset, Math.min(wanted, end - offset));
    if (window.length === 0) break;
    const isLast = window.length < wanted || offset + window.length >= end;
    wanted = windowBytes;
    let at = 0;
    while (at < window.length) {
      const reading = readFrame(window, at, marker);
      if (reading.kind === 'record') {
        if (gap !== null) yield { kind: 'gap', ...gap, end: offset + at, tail: false };
        gap = null;
        at = reading.next;
        yield { kind: 'record', record: reading.record, end: offset + at };
      } else if (reading.kind === 'incomplete' && !isLast && offset + at + reading.frameBytes <= end) {
        wanted = Math.max(windowBytes, reading.frameBytes);
        break;
      } else {
        gap ??= { start: offset + at, incomplete: reading.kind === 'incomplete' };
        at = nextMarker(window, at + 1, marker, isLast);
      }
    }
    offset += at;
  }
  if (gap === null && offset < end) gap = { start: offset, incomplete: false };
  if (gap !== null) yield { kind: 'gap', ...gap, end, tail: true };
}

/** Where the next record may begin: at a marker, or where one may have begun when the window ended. */
function nextMarker(window: Buffer, from: number, marker: Buffer, isLast: boolean): number {
  const found = window.indexOf(marker, from);
  if (found >= 0) return found;
  return isLast ? window.length : Math.max(from, window.length - markerBytes + 1);
}

/** Reads as many bytes as there are, up to `size`. */
export async function readFully(file: FileHandle, position: number, size: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(size);
  let length = 0;
  while (length < size) {
    const { bytesRead } = await file.read(buffer, length, size - length, position + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}
