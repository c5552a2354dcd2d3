const firstMs = 500;
const longestMs = 15_000;

/** How long to wait before connecting again; `failures` counts those in a row, from 1. Half of it is by chance. */
export function reconnectDelayMs(failures: number, random: number): number {
  const wholeMs = Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, 10));
  return Math.round(wholeMs / 2 + (wholeMs / 2) * random);
}
