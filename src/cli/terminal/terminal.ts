import { wantsColour } from '../../config.ts';
import { createPaint, type Paint } from './paint.rules.ts';

/** Where a verb writes: results to `out`, everything else to `err`. Lines come without their end. */
export type Terminal = {
  out: (line: string) => void;
  err: (line: string) => void;
  paint: Paint;
  width: number;
};

/** What a shell says of a process that SIGPIPE ended: a verdict that nobody read to its end is no success. */
const nobodyReadsStatus = 128 + 13;

/** The process's own terminal. A reader that goes away early, as `head` does, ends the process quietly. */
export function openTerminal(): Terminal {
  const closed = (error: NodeJS.ErrnoException): void => {
    if (error.code === 'EPIPE') process.exit(nobodyReadsStatus);
    throw error;
  };
  process.stdout.on('error', closed);
  process.stderr.on('error', closed);
  return {
    out: (line) => void process.stdout.write(`${line}\n`),
    err: (line) => void process.stderr.write(`${line}\n`),
    paint: createPaint(wantsColour(process.stdout.isTTY && process.stderr.isTTY)),
    width: process.stdout.isTTY ? Math.max(40, Math.min(process.stdout.columns || 80, 120)) : 100,
  };
}
