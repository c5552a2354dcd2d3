import { rename, rm } from 'node:fs/promises';
import { toSpoolError } from './disk-errors.ts';
import type { Position } from './recovery.rules.ts';
import { type Segment, isFinished } from './segment.ts';
import type { SpoolError } from './spool.ts';

/** The segments that hold records, oldest first, and what they take on disk. */
export type SegmentList = {
  readonly all: readonly Segment[];
  records(): number;
  bytes(): number;
  add(segment: Segment): void;
  /** Takes those away of which nothing is left to be read. `letGo` is asked first, and may refuse. */
  retireFinished(position: Position, letGo: (segment: Segment) => boolean): Promise<void>;
};

export function createSegmentList(initial: Segment[], onError: (error: SpoolError) => void): SegmentList {
  let all = initial;
  /** Of files that could not be taken away. */
  let strayBytes = 0;
  return {
    get all() {
      return all;
    },
    records: () => all.reduce((sum, segment) => sum + segment.records, 0),
    bytes: () => all.reduce((sum, segment) => sum + segment.fileBytes, strayBytes),
    add(segment) {
      all = [...all, segment];
    },
    async retireFinished(position, letGo) {
      const finished = all.filter((segment) => isFinished(segment, position) && letGo(segment));
      all = all.filter((segment) => !finished.includes(segment));
      for (const segment of finished) strayBytes += segment.fileBytes;
      for (const segment of finished) {
        try {
          await retireFile(segment);
          strayBytes -= segment.fileBytes;
        } catch (error) {
          onError(toSpoolError(error, `The spool could not remove ${segment.path}`));
        }
      }
    },
  };
}

/** Removes a segment's file. One that bytes were lost of is set aside, for whoever wants to look into it. */
async function retireFile({ path, damaged }: Segment): Promise<void> {
  await (damaged ? rename(path, `${path}.damaged`) : rm(path, { force: true }));
}
