import type { IncomingMessage } from 'node:http';
import type { BodyBudget } from './body-budget.ts';

/** Smaller bodies are bounded by the number of connections alone. */
const smallBytes = 256 * 1024;
/** After this long a body has to have come at this rate on the whole: a trickle holds memory that others need. */
const graceMs = 5_000;
const slowestBytesPerSecond = 32 * 1024;

export type BodyReading =
  | { kind: 'read'; body: Buffer; release(): void }
  | { kind: 'too-large' }
  | { kind: 'too-slow' }
  /** The sender went away in the middle. */
  | { kind: 'aborted' };

/** Reads a request's body into one Buffer of its declared length, or chunk by chunk where none is declared. */
export async function readBody(
  request: IncomingMessage,
  options: { declaredBytes: number | null; maxBytes: number; budget: BodyBudget; monotonicMs: () => number },
): Promise<BodyReading> {
  const { declaredBytes, maxBytes } = options;
  const roomBytes = declaredBytes ?? maxBytes;
  if (declaredBytes !== null && declaredBytes > maxBytes) return { kind: 'too-large' };
  const release = roomBytes > smallBytes ? await options.budget.take(roomBytes) : () => undefined;
  const outcome = await gather(request, options);
  if (outcome.kind !== 'read') release();
  return outcome.kind === 'read' ? { ...outcome, release } : outcome;
}

type Gathered = { kind: 'read'; body: Buffer } | { kind: 'too-large' } | { kind: 'too-slow' } | { kind: 'aborted' };

function gather(
  request: IncomingMessage,
  {
    declaredBytes,
    maxBytes,
    monotonicMs,
  }: { declaredBytes: number | null; maxBytes: number; monotonicMs: () => number },
): Promise<Gathered> {
  return new Promise((resolve) => {
    const whole = declaredBytes === null ? null : Buffer.allocUnsafe(declaredBytes);
    const chunks: Buffer[] = [];
    let bytes = 0;
    const startedAtMs = monotonicMs();
    const judge = setInterval(() => {
      const tookMs = monotonicMs() - startedAtMs;
      if (tookMs > graceMs && bytes < (tookMs / 1000) * slowestBytesPerSecond && bytes > 0) end({ kind: 'too-slow' });
      else if (tookMs > graceMs * 2 && bytes === 0) end({ kind: 'too-slow' });
    }, graceMs);
    judge.unref();
    const end = (outcome: Gathered): void => {
      clearInterval(judge);
      request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
      if (outcome.kind !== 'read') request.resume();
      resolve(outcome);
    };
    const onData = (chunk: Buffer): void => {
      if (bytes + chunk.length > (whole?.length ?? maxBytes)) return end({ kind: 'too-large' });
      if (whole === null) chunks.push(chunk);
      else chunk.copy(whole, bytes);
      bytes += chunk.length;
      return undefined;
    };
    const onEnd = (): void => {
      end({ kind: 'read', body: whole === null ? Buffer.concat(chunks, bytes) : whole.subarray(0, bytes) });
    };
    const onClose = (): void => end({ kind: 'aborted' });
    request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose);
  });
}
