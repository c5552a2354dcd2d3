import { buildProgram } from '../../src/cli/program.ts';
import { createPaint } from '../../src/cli/terminal/paint.rules.ts';

/** A terminal that keeps the lines that are written to it. */
export function screen(width = 100, colour = false) {
  const out: string[] = [];
  const err: string[] = [];
  const terminal = {
    out: (line: string) => void out.push(line),
    err: (line: string) => void err.push(line),
    paint: createPaint(colour),
    width,
  };
  return { out, err, terminal };
}

/** Runs a verb as the command line does, and gives what it wrote. */
export async function typed(
  args: readonly string[],
  width?: number,
): Promise<{ out: string[]; err: string[]; text: string }> {
  const { out, err, terminal } = screen(width);
  await buildProgram(terminal).parseAsync(args, { from: 'user' });
  return { out, err, text: out.join('\n') };
}
