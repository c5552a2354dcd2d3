import { join } from 'node:path';
import { createGroupCommit } from '../database/group-commit.ts';
import type { Clock } from '../clock.ts';
import { acquireFolderLock, type FolderLock } from '../folder-lock/folder-lock.ts';
import { toSpoolError } from './disk-errors.ts';
import { openPositionFile, type PositionFile } from './position-file.ts';
import { frameBytes } from './record-frame.ts';
import { recoverSegments } from './recover-segments.ts';
import { type Segment, segmentHeaderBytes } from './segment.ts';
import { createSegmentList } from './segment-list.ts';
import { createSegmentReader } from './segment-reader.ts';
import { createSegmentWriter, type FramedRecord } from './segment-writer.ts';
import { type Spool, SpoolError } from './spool.ts';
import { makeSpoolFolder, syncFolder } from './spool-folder.ts';

export type SpoolOptions = {
  /** Made when it is absent. One process at a time. */
  folder: string;
  /** What the records' files may take on disk. The position and the lock take 12 KiB more. */
  maxBytes: number;
  /** When a new file begins. Room becomes free a file at a time. */
  segmentBytes?: number;
  /** How many bytes of records may wait in memory to be written. */
  maxWaitingBytes?: number;
  clock: Clock;
  /** Told what was lost or could not be tidied up; what an append or a remove fails with goes to its caller alone. */
  onError: (error: SpoolError) => void;
};

const kiB = 1024;
const mostBatchRecords = 4096;

/**
 * Opens the spool in a folder and reads what it holds.
 * @throws SpoolError when another process uses the folder, or when the disk refuses
 */
export async function openSpool(options: SpoolOptions): Promise<Spool> {
  const folder = await makeSpoolFolder(options.folder).catch(refuse(options.folder));
  const lock = await lockFolder(folder).catch(refuse(folder));
  let positionFile: PositionFile | null = null;
  try {
    positionFile = await openPositionFile(folder);
    return await openLocked({ ...options, folder }, positionFile, () => lock.release());
  } catch (error) {
    await positionFile?.close().catch(() => undefined);
    await lock.release().catch(() => undefined);
    return refuse(folder)(error);
  }
}

function refuse(folder: string): (error: unknown) => never {
  return (error) => {
    throw toSpoolError(error, `The spool in ${folder} could not be opened`);
  };
}

function lockFolder(folder: string): Promise<FolderLock> {
  return acquireFolderLock(join(folder, 'lock'), (pid) => {
    const whose = pid === process.pid ? 'this very process' : `another process (pid ${pid})`;
    return new SpoolError(
      'failed',
      `The spool in ${folder} is in use by ${whose}. Stop that one, or give each a data folder (POSTHORN_DATA) of its own.`,
    );
  });
}

async function openLocked(
  options: SpoolOptions,
  positionFile: PositionFile,
  release: () => Promise<void>,
): Promise<Spool> {
  const { folder, maxBytes, clock, onError, maxWaitingBytes = 32 * kiB * kiB } = options;
  const segmentBytes = options.segmentBytes ?? Math.min(Math.max(Math.floor(maxBytes / 16), 64 * kiB), 16 * kiB * kiB);
  if (!positionFile.found.certain) {
    onError(
      new SpoolError('failed', `The file ${folder}/position is damaged: records that were removed may come back.`),
    );
  }
  const { position } = positionFile.found;
  const recovered = await recoverSegments({ folder, removed: positionFile.found, onError });
  const list = createSegmentList(recovered.segments, onError);
  await list.retireFinished(position, () => true);
  await syncFolder(folder);
  const newest = list.all.at(-1);
  const writer = createSegmentWriter({
    folder,
    list,
    segmentBytes,
    lastSequence: recovered.lastSequence,
    end: newest === undefined ? position : { sequence: newest.sequence, offset: newest.end },
    onError,
  });
  const { oldestAtMs } = recovered;
  const letGo = (segment: Segment): boolean => writer.letGo(segment);
  const reader = createSegmentReader({ list, position, positionFile, oldestAtMs, letGo, onError });
  const inTurn = createTurns();
  let waitingBytes = 0;
  let closing: Promise<void> | null = null;

  const commit = createGroupCommit<FramedRecord, void>({
    async write(batch) {
      try {
        await writer.write(batch);
        reader.noteAppended((batch[0] as FramedRecord).content.appendedAtMs);
      } catch (error) {
        // A segment that was drained while it was written to had to wait for this.
        void inTurn(() => reader.retire());
        throw error;
      } finally {
        for (const record of batch) waitingBytes -= record.frameBytes;
      }
      return batch.map(() => undefined);
    },
    maxBatch: mostBatchRecords,
    weigh: (record) => record.frameBytes,
    maxBytes: segmentBytes - segmentHeaderBytes,
    parallel: 1,
  });

  const demandOpen = (): void => {
    if (closing !== null) throw new SpoolError('failed', `The spool in ${folder} is closed.`);
  };

  const admit = (size: number): void => {
    if (waitingBytes > 0 && waitingBytes + size > maxWaitingBytes) {
      throw new SpoolError('full', `The spool in ${folder} has ${waitingBytes} bytes waiting for the disk already.`);
    }
    // Of two segments one after the other, the records have more than segmentBytes together.
    const newSegments = 1 + 2 * Math.ceil((waitingBytes + size) / segmentBytes);
    const bytes = list.bytes() + waitingBytes + size + newSegments * segmentHeaderBytes;
    if (bytes > maxBytes) throw new SpoolError('full', `The spool in ${folder} is full (${maxBytes} bytes).`);
  };

  return {
    async append({ head, body }) {
      demandOpen();
      const headBytes = Buffer.byteLength(head);
      const size = frameBytes(headBytes, body.length);
      admit(size);
      waitingBytes += size;
      await commit.add({ content: { head, body, appendedAtMs: clock.now() }, headBytes, frameBytes: size });
    },
    async peek(mostRecords, mostBytes) {
      demandOpen();
      return await inTurn(() => reader.peek(mostRecords, mostBytes));
    },
    async remove(count) {
      demandOpen();
      await inTurn(() => reader.remove(count));
    },
    state: () => ({
      records: list.records(),
      bytes: list.bytes(),
      maxBytes,
      oldestAtMs: reader.oldestAtMs,
      failing: writer.failing,
    }),
    close() {
      closing ??= (async () => {
        await commit.idle();
        await inTurn(() => writer.close());
        await positionFile.close();
        await release();
      })();
      return closing;
    },
  };
}

/** Runs one after the other. */
function createTurns(): <Answer>(run: () => Promise<Answer>) => Promise<Answer> {
  let last: Promise<unknown> = Promise.resolve();
  return (run) => {
    const answer = last.then(run);
    last = answer.catch(() => undefined);
    return answer;
  };
}
