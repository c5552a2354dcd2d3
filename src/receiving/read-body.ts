import type { IncomingMessage } from 'node:http';
import type { BodyBudget } from './body-budget.ts';

/** Smaller bodies are bounded by the number of connections alone. */
const smallBytes = 64 * 1024;
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
 * Reads a request's body into one Buffer of its declared length, or chunk by chunk where none is declared: then room
 * for the largest is taken once it turns out not to be small. Whatever is not read is left paused.
 */
export function readBody(request: IncomingMessage, reading: Reading): Promise<BodyReading> {
  const { declaredBytes, maxBytes, owner, budget, monotonicMs } = reading;
  if (declaredBytes !== null && declaredBytes > maxBytes) return Promise.resolve({ kind: 'too-large' });
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const most = declaredBytes ?? maxBytes;
    let whole: Buffer | null = null;
    let bytes = 0;
    let release = (): void => undefined;
    let judging: NodeJS.Timeout | null = null;
    let startedAtMs = 0;
    let isOver = false;

    const end = (outcome: 'read' | Exclude<BodyReading['kind'], 'read'>): void => {
      if (isOver) return;
      isOver = true;
      if (judging !== null) clearTimeout(judging);
      request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
      if (outcome === 'read') {
        resolve({ kind: 'read', body: whole?.subarray(0, bytes) ?? Buffer.concat(chunks, bytes), release });
        return;
      }
      request.pause();
      release();
      resolve({ kind: outcome });
    };

    const judge = (): void => {
      const tookMs = monotonicMs() - startedAtMs;
      const slowest = Math.max(slowestBytesPerSecond, declaredBytes === null ? 0 : declaredBytes / longestSeconds);
      const isLate = bytes === 0 ? tookMs >= graceMs * 2 : bytes < (tookMs / 1000) * slowest;
      if (isLate) end('too-slow');
      else judging = setTimeout(judge, graceMs).unref();
    };

    const read = (): void => {
      if (declaredBytes !== null) whole = Buffer.allocUnsafe(declaredBytes);
      startedAtMs = monotonicMs();
      judging = setTimeout(judge, graceMs).unref();
      request.on('data', onData).on('end', onEnd).resume();
    };

    /** Nothing arrives meanwhile, and who goes away leaves the line. */
    const takeRoom = (then: () => void): void => {
      const room = budget.take(owner, most);
      release = () => room.release();
      void room.granted.then((granted) => {
        if (granted && !isOver) then();
      });
    };

    const takeMore = (): void => {
      if (judging !== null) clearTimeout(judging);
      request.pause();
      const pausedAtMs = monotonicMs();
      takeRoom(() => {
        startedAtMs += monotonicMs() - pausedAtMs;
        judging = setTimeout(judge, graceMs).unref();
        request.resume();
      });
    };

    const onData = (chunk: Buffer): void => {
      const before = bytes;
      if (bytes + chunk.length > most) return end('too-large');
      if (whole === null) chunks.push(chunk);
      else chunk.copy(whole, bytes);
      bytes += chunk.length;
      if (whole === null && before <= smallBytes && bytes > smallBytes) takeMore();
      return undefined;
    };
    const onEnd = (): void => end('read');
    const onClose = (): void => end('aborted');
    request.on('close', onClose).on('error', onClose);
    if (request.destroyed) onClose();
    else if (declaredBytes !== null && declaredBytes > smallBytes) takeRoom(read);
    else read();
  });
}
