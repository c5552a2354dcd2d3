import { crc32 } from 'node:zlib';

/**
 * A record on disk: marker 8 | append time 8 | head bytes 4 | body bytes 4 | checksum of head and body 4 | checksum of
 * the 28 bytes before it 4 | head | body. The marker is random for each segment: behind a damaged record the next one is
 * found by it, and nobody outside can put one into a body.
 */
export const frameHeaderBytes = 32;
export const markerBytes = 8;
const headerChecksumAt = frameHeaderBytes - 4;

export type FrameContent = { head: string; body: Buffer; appendedAtMs: number };

/** A record that reads back as it was written, some bytes that do not, or the beginning of one that has so many bytes. */
export type FrameReading =
  | { kind: 'record'; record: FrameContent; next: number }
  | { kind: 'damaged' }
  | { kind: 'incomplete'; frameBytes: number };

/** What a record takes on disk, in bytes. */
export function frameBytes(headBytes: number, bodyBytes: number): number {
  return frameHeaderBytes + headBytes + bodyBytes;
}

/** The pieces to write one after the other; the body is not copied. */
export function encodeFrame(marker: Buffer, content: FrameContent, headBytes: number): [Buffer, Buffer] {
  const start = Buffer.allocUnsafe(frameHeaderBytes + headBytes);
  marker.copy(start, 0);
  start.writeDoubleBE(content.appendedAtMs, 8);
  start.writeUInt32BE(headBytes, 16);
  start.writeUInt32BE(content.body.length, 20);
  start.write(content.head, frameHeaderBytes, 'utf8');
  start.writeUInt32BE(crc32(content.body, crc32(start.subarray(frameHeaderBytes))), 24);
  start.writeUInt32BE(crc32(start.subarray(0, headerChecksumAt)), headerChecksumAt);
  return [start, content.body];
}

/** Reads the record that begins at `at`. The body is a view of `window`. */
export function readFrame(window: Buffer, at: number, marker: Buffer): FrameReading {
  const left = window.length - at;
  if (left < frameHeaderBytes) return { kind: 'incomplete', frameBytes: frameHeaderBytes };
  if (!window.subarray(at, at + markerBytes).equals(marker)) return { kind: 'damaged' };
  const checksum = window.readUInt32BE(at + headerChecksumAt);
  if (crc32(window.subarray(at, at + headerChecksumAt)) !== checksum) return { kind: 'damaged' };
  const headBytes = window.readUInt32BE(at + 16);
  const size = frameBytes(headBytes, window.readUInt32BE(at + 20));
  if (left < size) return { kind: 'incomplete', frameBytes: size };
  const headAt = at + frameHeaderBytes;
  const next = at + size;
  if (crc32(window.subarray(headAt, next)) !== window.readUInt32BE(at + 24)) return { kind: 'damaged' };
  const record = {
    head: window.toString('utf8', headAt, headAt + headBytes),
    body: window.subarray(headAt + headBytes, next),
    appendedAtMs: window.readDoubleBE(at + 8),
  };
  return { kind: 'record', record, next };
}
