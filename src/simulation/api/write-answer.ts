import type { ServerResponse } from 'node:http';
import { htmlAnswer } from './answers.rules.ts';
import type { ChosenFault } from './faults.rules.ts';
import type { ServedAnswer } from './served.ts';

/** A waiting that ends early when the caller goes away or the simulator stops. */
export type Wait = (ms: number) => Promise<void>;

/** A trickled body comes in so many pieces at most. */
const mostPieces = 50;

/**
 * Sends an answer with its fault. `onEnd` hears of the status just before the caller can have all of it; null: the
 * connection is broken instead.
 */
export async function writeAnswer(
  response: ServerResponse,
  answer: ServedAnswer,
  fault: ChosenFault,
  given: { wait: Wait; onEnd(status: number | null): void },
): Promise<void> {
  const { status, headers, body } = answer;
  const ending = fault.ending?.kind;
  const breakOff = (): void => {
    given.onEnd(null);
    const { socket } = response;
    if (socket !== null && 'resetAndDestroy' in socket) socket.resetAndDestroy();
    response.destroy();
  };
  if (response.destroyed || ending === 'reset' || ending === 'lost') {
    breakOff();
    return;
  }
  const length = { 'content-length': String(body.length) };
  response.writeHead(status, { ...headers, ...length });
  if (ending === 'cut') {
    // What is written goes out before the reset.
    await new Promise<void>((resolve) =>
      response.write(body.subarray(0, Math.floor(body.length / 2)), () => resolve()),
    );
    breakOff();
    return;
  }
  const pieceBytes = fault.trickleMs === null ? body.length : Math.max(1, Math.ceil(body.length / mostPieces));
  let at = 0;
  for (; at + pieceBytes < body.length && !response.destroyed; at += pieceBytes) {
    response.write(body.subarray(at, at + pieceBytes));
    await given.wait(fault.trickleMs ?? 0);
  }
  given.onEnd(response.destroyed ? null : status);
  response.end(body.subarray(at));
}

export function maintenancePage(): ServedAnswer {
  return htmlAnswer(
    503,
    '<!doctype html><html><head><title>Maintenance</title></head><body><h1>We will be back soon</h1></body></html>',
  );
}
