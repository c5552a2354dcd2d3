import { type FileHandle, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, toSpoolError } from './disk-errors.ts';
import { markerBytes } from './record-frame.ts';
import { type Position, planRecovery } from './recovery.rules.ts';
import {
  newSegment,
  readSegmentHeader,
  type Segment,
  segmentHeaderBytes,
  segmentName,
  sequenceOf,
  startOf,
} from './segment.ts';
import { reportGap } from './segment-damage.ts';
import { type Found, scanSegment } from './segment-scan.ts';
import { SpoolError } from './spool.ts';

export type Recovered = {
  /** Oldest first; also those of which nothing is left to be read. */
  segments: Segment[];
  /** When the oldest record that was not removed was appended; null when there is none. */
  oldestAtMs: number | null;
  /** The highest sequence number that was ever given, as far as is known. */
  lastSequence: number;
};
type OnError = (error: SpoolError) => void;
type Looked = { sequence: number; fileBytes: number; marker: Buffer; previous: Position | null };

const windowBytes = 1024 * 1024;

/**
 * Reads the whole log once: proves and counts its records, and finds where each segment ends. A last record that was
 * not written to its end is left out silently; whatever else is missing or cannot be read is reported.
 */
export async function recoverSegments(options: {
  folder: string;
  removed: { position: Position; certain: boolean };
  onError: OnError;
}): Promise<Recovered> {
  const { folder, onError } = options;
  const { position, certain } = options.removed;
  const sequences = (await readdir(folder)).map(sequenceOf).filter((sequence) => sequence !== null);
  const looked: Looked[] = [];
  for (const sequence of sequences.toSorted((a, b) => a - b)) looked.push(await lookAt(folder, sequence, onError));
  const plan = planRecovery(looked, position, certain);
  for (const { sequence, bytes } of plan.missing) {
    onError(
      new SpoolError('failed', `The spool lost ${bytes} bytes: ${join(folder, segmentName(sequence))} is missing.`),
    );
  }
  for (const sequence of plan.discard) await discard(join(folder, segmentName(sequence)), onError);
  const recovered: Recovered = {
    segments: [],
    oldestAtMs: null,
    lastSequence: Math.max(position.sequence, ...looked.map(({ sequence }) => sequence)),
  };
  for (const { sequence, end } of plan.read) {
    const { marker, fileBytes } = looked.find((each) => each.sequence === sequence) as Looked;
    const segment = newSegment(folder, sequence, marker, fileBytes);
    recovered.segments.push(segment);
    for await (const found of readAll(segment, startOf(segment, position), end ?? fileBytes)) {
      if (found.kind === 'record') {
        segment.records += 1;
        segment.end = found.end;
        recovered.oldestAtMs ??= found.record.appendedAtMs;
      } else if (end !== null || !found.tail || !found.incomplete) {
        reportGap(segment, found, onError);
      }
    }
  }
  return recovered;
}

async function lookAt(folder: string, sequence: number, onError: OnError): Promise<Looked> {
  const path = join(folder, segmentName(sequence));
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const header = await readSegmentHeader(file, sequence).catch((error: unknown) => {
      if (!isUnreadable(error)) throw error;
      return { marker: Buffer.alloc(markerBytes), previous: null };
    });
    if (header.previous === null && size >= segmentHeaderBytes) {
      onError(new SpoolError('failed', `The first bytes of ${path} are damaged. Check the disk.`));
    }
    return { sequence, fileBytes: size, ...header };
  } finally {
    await file.close();
  }
}

/** What a segment holds; the rest of a file that the disk cannot read is a gap. */
async function* readAll(segment: Segment, from: number, end: number): AsyncGenerator<Found, void, undefined> {
  const file: FileHandle = await open(segment.path, 'r');
  let readUpTo = from;
  try {
    for await (const found of scanSegment(file, { marker: segment.marker, from, end, windowBytes })) {
      yield found;
      readUpTo = found.end;
    }
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    yield { kind: 'gap', start: readUpTo, end, tail: true, incomplete: false };
  } finally {
    await file.close();
  }
}

function isUnreadable(error: unknown): boolean {
  return errorCode(error) === 'EIO';
}

async function discard(path: string, onError: OnError): Promise<void> {
  try {
    await rm(path, { force: true });
  } catch (error) {
    onError(toSpoolError(error, `The spool could not remove ${path}`));
  }
}
