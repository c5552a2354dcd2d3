import { cutLine } from '../terminal/layout.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { RunDetailAnswer } from './drill-answers.ts';
import { renderProgress, renderStep } from './render-drill.rules.ts';

/** Shows a run while it goes on. */
export type Watch = { show(run: RunDetailAnswer): void; end(): void };

const barColumns = 20;

/** One line that is drawn over itself on a terminal, with a bar; each step as a line anywhere else. */
export function openWatch(
  isWanted: boolean,
  terminal: Terminal,
  stream: { isTTY?: boolean; write(text: string): unknown },
): Watch {
  let shownId = '';
  let shown = 0;
  let isDrawn = false;
  return {
    show(run) {
      if (!isWanted) return;
      if (stream.isTTY === true) {
        const { done, of } = run.progress;
        const filled = of === null || of === 0 ? 0 : Math.floor(Math.min(1, done / of) * barColumns);
        const bar = `[${'#'.repeat(filled).padEnd(barColumns)}]`;
        const says = run.transcript.at(-1)?.says ?? '';
        stream.write(`\r\u001B[K${cutLine(`${bar} ${renderProgress(run)}  ${says}`, terminal.width - 1)}`);
        isDrawn = true;
        return;
      }
      if (run.id !== shownId) {
        [shownId, shown] = [run.id, 0];
        terminal.err(`${run.check}, ${run.subject.id}: ${run.id}`);
      }
      const startedAtMs = Date.parse(run.startedAt ?? run.createdAt);
      for (const step of run.transcript.slice(shown)) {
        for (const line of renderStep(step, startedAtMs, terminal)) terminal.err(line);
      }
      shown = run.transcript.length;
    },
    end() {
      if (isDrawn) stream.write('\r\u001B[K');
      isDrawn = false;
    },
  };
}
