import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { toSpoolError } from './disk-errors.ts';
import { encodeFrame, type FrameContent, markerBytes } from './record-frame.ts';
import type { Position } from './recovery.rules.ts';
import { encodeSegmentHeader, newSegment, type Segment, segmentName } from './segment.ts';
import type { SegmentList } from './segment-list.ts';
import type { SpoolError } from './spool.ts';
import { syncFolder } from './spool-folder.ts';

export type FramedRecord = { content: FrameContent; headBytes: number; frameBytes: number };

/** Writes batches, one at a time. */
export type SegmentWriter = {
  /**
   * Resolves when the batch is on disk and belongs to the log.
   * @throws SpoolError, and then none of it does
   */
  write(batch: FramedRecord[]): Promise<void>;
  /** Gives a segment up, so that nothing is written to it any more. False, and no effect, while it is written to. */
  letGo(segment: Segment): boolean;
  /** The disk refused the last batch. */
  readonly failing: boolean;
  close(): Promise<void>;
};

type Target = { segment: Segment; file: FileHandle; buffers: Buffer[]; isNew: boolean };

/**
 * After a write or an fsync that failed, nobody knows what of it is or will be on disk: a later fsync of the same file
 * may succeed although pages were dropped. So the file is never written to again, and the next one tells where its
 * records end.
 */
export function createSegmentWriter(options: {
  folder: string;
  list: SegmentList;
  segmentBytes: number;
  /** The highest sequence number that was given, and the last place of the log. */
  lastSequence: number;
  end: Position;
  onError: (error: SpoolError) => void;
}): SegmentWriter {
  const { folder, list, segmentBytes, onError } = options;
  let { lastSequence, end } = options;
  let active: { segment: Segment; file: FileHandle } | null = null;
  let writing = false;
  let failing = false;

  const closeFile = async (file: FileHandle): Promise<void> => {
    await file.close().catch((error: unknown) => onError(toSpoolError(error, `The spool could not close a file`)));
  };

  const targetFor = async (size: number): Promise<Target> => {
    if (active !== null && active.segment.end + size <= segmentBytes) return { ...active, buffers: [], isNew: false };
    lastSequence += 1;
    const marker = randomBytes(markerBytes);
    const file = await open(join(folder, segmentName(lastSequence)), 'wx', 0o600);
    const header = encodeSegmentHeader({ marker, sequence: lastSequence, previous: end });
    return { segment: newSegment(folder, lastSequence, marker, 0), file, buffers: [header], isNew: true };
  };

  const put = async ({ segment, file, buffers, isNew }: Target, batch: FramedRecord[]): Promise<void> => {
    for (const { content, headBytes } of batch) buffers.push(...encodeFrame(segment.marker, content, headBytes));
    await writeFully(file, buffers, isNew ? 0 : segment.end);
    await file.datasync();
    if (isNew) await syncFolder(folder);
  };

  const abandon = async ({ segment, file, isNew }: Target, size: number): Promise<void> => {
    if (!isNew) {
      active = null;
      const isCut = await file.truncate(segment.end).then(
        () => true,
        () => false,
      );
      segment.fileBytes = segment.end + (isCut ? 0 : size);
    }
    await closeFile(file);
    // Best effort: what is left of it is not read once there is a next segment.
    if (isNew) await rm(segment.path, { force: true }).catch(() => undefined);
  };

  const adopt = async ({ segment, file, isNew }: Target, batch: FramedRecord[], size: number): Promise<void> => {
    segment.end += size;
    segment.fileBytes = segment.end;
    segment.records += batch.length;
    end = { sequence: segment.sequence, offset: segment.end };
    if (!isNew) return;
    const filled = active;
    active = { segment, file };
    list.add(segment);
    if (filled !== null) await closeFile(filled.file);
  };

  return {
    async write(batch) {
      const size = batch.reduce((sum, record) => sum + record.frameBytes, 0);
      let target: Target | null = null;
      writing = true;
      try {
        target = await targetFor(size);
        await put(target, batch);
      } catch (error) {
        failing = true;
        if (target !== null) await abandon(target, size);
        throw toSpoolError(error, `The spool could not write to ${folder}`);
      } finally {
        writing = false;
      }
      failing = false;
      await adopt(target, batch, size);
    },
    letGo(segment) {
      if (active?.segment !== segment) return true;
      if (writing) return false;
      void closeFile(active.file);
      active = null;
      return true;
    },
    get failing() {
      return failing;
    },
    async close() {
      if (active !== null) await closeFile(active.file);
      active = null;
    },
  };
}

/** Writes all of the buffers, mostly with one call. */
async function writeFully(file: FileHandle, buffers: Buffer[], position: number): Promise<void> {
  const { bytesWritten } = await file.writev(buffers, position);
  const size = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
  if (bytesWritten === size) return;
  const rest = Buffer.concat(buffers).subarray(bytesWritten);
  for (let written = 0; written < rest.length; ) {
    const more = await file.write(rest, written, rest.length - written, position + bytesWritten + written);
    written += more.bytesWritten;
  }
}
