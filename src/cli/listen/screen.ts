import { cutLine } from '../terminal/layout.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** Where the table goes, and below it a line that says how things stand. */
export type Screen = {
  lines(lines: readonly string[]): void;
  /** Something to know that is no row. */
  note(text: string): void;
  /** Replaces the last line; only on a terminal. */
  status(text: string): void;
  close(): void;
};

const clearLine = '\r\u001B[2K';

/** @param write writes to the terminal as it is; null where there is none, and then there is no status line. */
export function createScreen(terminal: Terminal, write: ((text: string) => void) | null): Screen {
  let shown = '';
  const above = (print: () => void): void => {
    if (shown !== '') write?.(clearLine);
    print();
    if (shown !== '') write?.(terminal.paint.dim(shown));
  };
  return {
    lines: (lines) => above(() => lines.forEach((line) => terminal.out(line))),
    note: (text) => above(() => terminal.err(text)),
    status(text) {
      if (write === null) return;
      const cut = cutLine(text, terminal.width - 1);
      if (cut === shown) return;
      shown = cut;
      write(clearLine + terminal.paint.dim(cut));
    },
    close() {
      if (shown !== '') write?.(clearLine);
      shown = '';
    },
  };
}
