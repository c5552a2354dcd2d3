import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { frameHeaderBytes, markerBytes } from './record-frame.ts';
import type { Position } from './recovery.rules.ts';
import { readFully } from './segment-scan.ts';

/** One file of the log. Nothing is ever written behind `end` again once the file is not the one that is written to. */
export type Segment = {
  sequence: number;
  path: string;
  marker: Buffer;
  /** Behind the last record that may be read, in bytes from the file's beginning. */
  end: number;
  fileBytes: number;
  /** How many records at and after the read position it has. */
  records: number;
  /** Bytes of it were lost: its file is kept aside when it is done with. */
  damaged: boolean;
  /** Where gaps begin that were reported. */
  reportedGaps: Set<number>;
};

export type SegmentHeader = { marker: Buffer; sequence: number; previous: Position };

/**
 * A segment's first bytes: magic 8 | marker 8 | sequence 6 | the segment before it 6 | where that one ends 6 | checksum.
 * So what a failed write left behind the end of the segment before is not read, and a segment that is gone is missed.
 */
export const segmentHeaderBytes = 38;
const magic = Buffer.from('PHSPOOL1');

export function segmentName(sequence: number): string {
  return `${String(sequence).padStart(12, '0')}.segment`;
}

/** The sequence number in a file's name, null when it is no segment's. */
export function sequenceOf(name: string): number | null {
  const digits = /^(\d{12})\.segment$/.exec(name)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** A segment of which no record is known yet. */
export function newSegment(folder: string, sequence: number, marker: Buffer, fileBytes: number): Segment {
  const path = join(folder, segmentName(sequence));
  return {
    sequence,
    path,
    marker,
    end: segmentHeaderBytes,
    fileBytes,
    records: 0,
    damaged: false,
    reportedGaps: new Set(),
  };
}

export function encodeSegmentHeader({ marker, sequence, previous }: SegmentHeader): Buffer {
  const header = Buffer.alloc(segmentHeaderBytes);
  magic.copy(header, 0);
  marker.copy(header, 8);
  header.writeUIntBE(sequence, 16, 6);
  header.writeUIntBE(previous.sequence, 22, 6);
  header.writeUIntBE(previous.offset, 28, 6);
  header.writeUInt32BE(crc32(header.subarray(0, 34)), 34);
  return header;
}

/**
 * Reads a segment's header. `previous` is null when the header is damaged; the marker is then that of the first record,
 * which proves itself by its checksums.
 */
export async function readSegmentHeader(
  file: FileHandle,
  sequence: number,
): Promise<{ marker: Buffer; previous: Position | null }> {
  const start = await readFully(file, 0, segmentHeaderBytes + frameHeaderBytes);
  const header = start.subarray(0, segmentHeaderBytes);
  const intact =
    header.length === segmentHeaderBytes &&
    header.subarray(0, magic.length).equals(magic) &&
    crc32(header.subarray(0, 34)) === header.readUInt32BE(34) &&
    header.readUIntBE(16, 6) === sequence;
  if (!intact) {
    const marker = Buffer.alloc(markerBytes);
    start.subarray(segmentHeaderBytes).copy(marker, 0, 0, markerBytes);
    return { marker, previous: null };
  }
  const previous = { sequence: header.readUIntBE(22, 6), offset: header.readUIntBE(28, 6) };
  return { marker: Buffer.from(header.subarray(8, 16)), previous };
}

/** Where reading a segment begins, given the first position that was not removed. */
export function startOf(segment: Pick<Segment, 'sequence'>, position: Position): number {
  return segment.sequence === position.sequence ? Math.max(position.offset, segmentHeaderBytes) : segmentHeaderBytes;
}

/** Whether nothing of a segment is left to be read. */
export function isFinished(segment: Segment, position: Position): boolean {
  return segment.sequence < position.sequence || startOf(segment, position) >= segment.end;
}
