import type { IncomingMessage } from 'node:http';
import type { BodyBudget } from '../blobs/body-budget.ts';

/** Smaller bodies are bounded by the number of connections alone. */
const smallBytes = 64 * 1024;
const firstBytes = 8 * 1024;
const nothing = Buffer.alloc(0);
/** Bodies of unknown length get so many times the room whenever what they have is full. */
const growth = 4;
/** After this long a body has to have come at the slowest rate on the whole: a trickle holds memory that others need. */
const graceMs = 5_000;
const slowestBytesPerSecond = 32 * 1024;
/** As long as a whole request may take: who is not on the way to that need not go on. */
const longestSeconds = 60;

export type BodyReading =
  | { kind: 'read'; body: Buffer /** To be called when the body is needed no longer. */; release(): void }
  | { kind: 'too-large' }
  | { kind: 'too-slow' }
  /** The sender went away in the middle. */
  | { kind: 'aborted' };

type Reading = {
  declaredBytes: number | null;
  maxBytes: number;
  /** Who has to share the budget with others. */
  owner: string;
  budget: BodyBudget;
  monotonicMs: () => number;
};

/**
 * Reads a request's body, of its declared length or as much as comes, within the budget. Whatever is not read is left
 * paused.
 */
export function readBody(request: IncomingMessage, reading: Reading): Promise<BodyReading> {
  const { declaredBytes, maxBytes, owner, budget, monotonicMs } = reading;
  if (declaredBytes !== null && declaredBytes > maxBytes) return Promise.resolve({ kind: 'too-large' });
  return new Promise((resolve) => {
    const room = budget.open(owner);
    let buffer: Buffer = nothing;
    let bytes = 0;
    let judging: NodeJS.Timeout | null = null;
    let startedAtMs = monotonicMs();
    let isOver = false;

    const end = (kind: BodyReading['kind']): void => {
      if (isOver) return;
      isOver = true;
      if (judging !== null) clearTimeout(judging);
      request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
      if (kind === 'read') {
        resolve({ kind, body: buffer.subarray(0, bytes), release: () => room.release() });
        return;
      }
      request.pause();
      room.release();
      resolve({ kind });
    };

    const judge = (): void => {
      const tookMs = monotonicMs() - startedAtMs;
      const slowest = Math.max(slowestBytesPerSecond, (declaredBytes ?? 0) / longestSeconds);
      const isLate = bytes === 0 ? tookMs >= graceMs * 2 : bytes < (tookMs / 1000) * slowest;
      if (isLate) end('too-slow');
      else judging = setTimeout(judge, graceMs).unref();
    };

    const begin = (): void => {
      judging = setTimeout(judge, graceMs).unref();
      request.resume();
    };

    const go = (sizeBytes: number): void => {
      const larger = Buffer.allocUnsafe(sizeBytes);
      buffer.copy(larger, 0, 0, bytes);
      buffer = larger;
      begin();
    };

    const grow = (neededBytes: number, then: () => void): void => {
      if (judging !== null) clearTimeout(judging);
      const heldBytes = buffer.length > smallBytes ? buffer.length : 0;
      let sizeBytes = smallBytes;
      while (sizeBytes < neededBytes) sizeBytes *= growth;
      sizeBytes = Math.min(sizeBytes, declaredBytes ?? maxBytes);
      const next = (): void => {
        go(sizeBytes);
        then();
      };
      if (sizeBytes <= smallBytes) next();
      else waitForRoom(sizeBytes - heldBytes, next);
    };

    /** Nothing arrives while it waits, its time does not run, and who goes away leaves the line. */
    const waitForRoom = (moreBytes: number, then: () => void): void => {
      request.pause();
      const pausedAtMs = monotonicMs();
      void room.grow(moreBytes).then((granted) => {
        if (!granted || isOver) return;
        startedAtMs += monotonicMs() - pausedAtMs;
        then();
      });
    };

    const onData = (chunk: Buffer): void => {
      if (bytes + chunk.length > (declaredBytes ?? maxBytes)) return end('too-large');
      if (isWhole(chunk)) {
        buffer = chunk;
        bytes = chunk.length;
        return undefined;
      }
      if (bytes + chunk.length <= buffer.length) {
        chunk.copy(buffer, bytes);
        bytes += chunk.length;
        return undefined;
      }
      grow(bytes + chunk.length, () => onData(chunk));
      return undefined;
    };
    /** Most bodies come in one piece: it is taken as it is. */
    const isWhole = (chunk: Buffer): boolean => buffer.length === 0 && chunk.length === declaredBytes;
    const onEnd = (): void => end('read');
    const onClose = (): void => end('aborted');
    request.on('close', onClose).on('error', onClose);
    if (request.destroyed) return onClose();
    request.on('data', onData).on('end', onEnd);
    if (declaredBytes === null) go(Math.min(firstBytes, maxBytes));
    else if (declaredBytes > smallBytes) grow(declaredBytes, () => undefined);
    else begin();
    return undefined;
  });
}
