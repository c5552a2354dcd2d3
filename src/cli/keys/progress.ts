import { renderBar } from './render-keys.rules.ts';

const showEveryMs = 100;

/** A bar that is drawn over itself on a terminal; nothing anywhere else, where it would fill a log. */
export function openProgress(stream: { isTTY?: boolean; write(text: string): unknown }): {
  show: (done: number, found: number) => void;
  end: () => void;
} {
  let shownAtMs = Number.NEGATIVE_INFINITY;
  return {
    show(done, found) {
      const nowMs = performance.now();
      if (stream.isTTY !== true || (done < found && nowMs - shownAtMs < showEveryMs)) return;
      shownAtMs = nowMs;
      stream.write(`\r${renderBar(done, found)}`);
    },
    end() {
      if (shownAtMs > 0) stream.write('\r\u001B[K');
    },
  };
}
