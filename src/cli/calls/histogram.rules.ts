import type { Paint } from '../terminal/paint.rules.ts';
import { readableDuration } from '../terminal/readable.rules.ts';
import type { Bucket } from './call-answers.ts';

const countWidth = 7;

/** How long calls took, as bars, from the first bucket that has any to the last; nothing where there are none. */
export function renderHistogram(
  buckets: readonly Bucket[],
  { paint, width }: { paint: Paint; width: number },
): string[] {
  const first = buckets.findIndex(({ calls }) => calls > 0);
  if (first === -1) return [];
  const shown = buckets.slice(first, buckets.findLastIndex(({ calls }) => calls > 0) + 1);
  const labels = shown.map(({ upToMs }, index) => labelOf(upToMs, buckets[first + index - 1]?.upToMs ?? null));
  const labelWidth = Math.max(...labels.map((label) => label.length));
  const barWidth = Math.max(10, Math.min(50, width - labelWidth - countWidth - 4));
  const most = Math.max(...shown.map(({ calls }) => calls));
  return shown.map(({ calls }, index) => {
    const bar = calls === 0 ? '' : '█'.repeat(Math.floor((calls / most) * barWidth)) || '▏';
    const label = (labels[index] ?? '').padStart(labelWidth);
    return `${paint.dim(label)}  ${paint.cyan(bar.padEnd(barWidth))}  ${String(calls).padStart(countWidth)}`;
  });
}

function labelOf(upToMs: number | null, beforeMs: number | null): string {
  return upToMs === null ? `over ${readableDuration(beforeMs ?? 0)}` : `up to ${readableDuration(upToMs)}`;
}
