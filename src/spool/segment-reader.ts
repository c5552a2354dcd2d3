import { open } from 'node:fs/promises';
import { toSpoolError } from './disk-errors.ts';
import type { PositionFile } from './position-file.ts';
import type { FrameContent } from './record-frame.ts';
import type { Position } from './recovery.rules.ts';
import { isFinished, type Segment, startOf } from './segment.ts';
import { reportGap } from './segment-damage.ts';
import type { SegmentList } from './segment-list.ts';
import { type Found, scanSegment } from './segment-scan.ts';
import type { SpoolError } from './spool.ts';

/** Reads from the log's beginning and removes there. One call at a time. */
export type SegmentReader = {
  peek(mostRecords: number, mostBytes: number): Promise<FrameContent[]>;
  remove(count: number): Promise<void>;
  /** Takes away the segments of which everything was removed. */
  retire(): Promise<void>;
  /** When the oldest record was appended, null when there is none. */
  readonly oldestAtMs: number | null;
  /** Tells that records came to the log's end, of which the first was appended then. */
  noteAppended(firstAtMs: number): void;
};

type Shown = { record: FrameContent; segment: Segment; end: number };
type Read = { found: Found; segment: Segment };

const leastWindowBytes = 64 * 1024;
const mostWindowBytes = 1024 * 1024;

export function createSegmentReader(options: {
  list: SegmentList;
  position: Position;
  positionFile: PositionFile;
  oldestAtMs: number | null;
  letGo: (segment: Segment) => boolean;
  onError: (error: SpoolError) => void;
}): SegmentReader {
  const { list, positionFile, letGo, onError } = options;
  let { position, oldestAtMs } = options;
  /** Where the records end that peek has shown and that were not removed, and when each was appended. */
  let shown: { segment: Segment; end: number; appendedAtMs: number }[] = [];

  async function* readFromPosition(windowBytes: number): AsyncGenerator<Read, void, undefined> {
    for (const segment of list.all) {
      if (isFinished(segment, position)) continue;
      const { marker, end } = segment;
      const file = await open(segment.path, 'r');
      try {
        const records = scanSegment(file, { marker, from: startOf(segment, position), end, windowBytes });
        for await (const found of records) yield { found, segment };
      } finally {
        await file.close();
      }
    }
  }

  const read = async (mostRecords: number, mostBytes: number): Promise<Shown[]> => {
    const records: Shown[] = [];
    if (mostRecords < 1) return records;
    let bytes = 0;
    try {
      const windowBytes = Math.min(Math.max(mostBytes, leastWindowBytes), mostWindowBytes);
      for await (const { found, segment } of readFromPosition(windowBytes)) {
        if (found.kind === 'gap') {
          reportGap(segment, found, onError);
          continue;
        }
        bytes += found.record.head.length + found.record.body.length;
        if (records.length > 0 && bytes > mostBytes) break;
        records.push({ record: found.record, segment, end: found.end });
        if (records.length >= mostRecords || bytes >= mostBytes) break;
      }
    } catch (error) {
      throw toSpoolError(error, 'The spool could not be read');
    }
    return records;
  };

  const retire = (): Promise<void> => list.retireFinished(position, letGo);

  return {
    async peek(mostRecords, mostBytes) {
      const records = await read(mostRecords, mostBytes);
      if (records.length > shown.length) {
        shown = records.map(({ record, segment, end }) => ({ segment, end, appendedAtMs: record.appendedAtMs }));
      }
      return records.map(({ record }) => record);
    },
    async remove(count) {
      if (count === 0) return;
      const last = shown[count - 1];
      if (last === undefined) throw new RangeError(`${count} records to remove, but peek showed ${shown.length}`);
      const upTo = { sequence: last.segment.sequence, offset: last.end };
      try {
        await positionFile.write(upTo);
      } catch (error) {
        throw toSpoolError(error, 'The spool could not write how far it was removed');
      }
      position = upTo;
      for (const { segment } of shown.slice(0, count)) segment.records -= 1;
      shown = shown.slice(count);
      const isKnown = shown.length > 0 || list.records() === 0;
      if (isKnown) oldestAtMs = shown[0]?.appendedAtMs ?? null;
      await retire();
      if (!isKnown) oldestAtMs = (await read(1, 0))[0]?.record.appendedAtMs ?? oldestAtMs;
    },
    retire,
    get oldestAtMs() {
      return oldestAtMs;
    },
    noteAppended(firstAtMs) {
      oldestAtMs ??= firstAtMs;
    },
  };
}
