import type { ServerResponse } from 'node:http';
import { htmlAnswer } from './answers.rules.ts';
import type { ChosenFault } from './faults.rules.ts';
import type { ServedAnswer } from './served.ts';

/** A waiting that ends early when the caller goes away or the simulator stops. */
export type Wait = (ms: number) => Promise<void>;

/** A trickled body comes in so many pieces at most. */
const mostPieces = 50;

/** Sends an answer with its fault. @returns the status that was sent; null when the connection was broken instead */
export async function writeAnswer(
  response: ServerResponse,
  answer: ServedAnswer,
  fault: ChosenFault,
  wait: Wait,
): Promise<number | null> {
  const { status, headers, body } = answer;
  const ending = fault.ending?.kind;
  if (response.destroyed) return null;
  if (ending === 'reset' || ending === 'lost') return breakOff(response);
  const length = { 'content-length': String(body.length) };
  response.writeHead(status, { date: new Date().toUTCString(), ...headers, ...length });
  if (ending === 'cut') {
    response.write(body.subarray(0, Math.floor(body.length / 2)));
    // What is written goes out before the reset.
    await new Promise<void>((resolve) => response.write('', () => resolve()));
    return breakOff(response);
  }
  if (fault.trickleMs === null) {
    response.end(body);
    return status;
  }
  const pieceBytes = Math.max(1, Math.ceil(body.length / mostPieces));
  for (let at = 0; at < body.length && !response.destroyed; at += pieceBytes) {
    response.write(body.subarray(at, at + pieceBytes));
    await wait(fault.trickleMs);
  }
  response.end();
  return response.destroyed ? null : status;
}

function breakOff(response: ServerResponse): null {
  const { socket } = response;
  if (socket !== null && 'resetAndDestroy' in socket) socket.resetAndDestroy();
  response.destroy();
  return null;
}

export function maintenancePage(): ServedAnswer {
  return htmlAnswer(
    503,
    '<!doctype html><html><head><title>Maintenance</title></head><body><h1>We will be back soon</h1></body></html>',
  );
}
