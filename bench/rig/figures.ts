/** The middle one of several runs; the mean of the middle two when their number is even. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  const high = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : (high + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** One line of the table. `holds` is null where nothing is promised. */
export type Figure = {
  part: string;
  what: string;
  value: string;
  promise: string;
  holds: boolean | null;
  raw: unknown;
};

export function rate(perSecond: number): string {
  return `${Math.round(perSecond).toLocaleString('en-US')}/s`;
}

export function ratio(value: number): string {
  return `${value.toFixed(2)} x`;
}

export function milliseconds(value: number | null): string {
  return value === null ? 'n/a' : `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
}
