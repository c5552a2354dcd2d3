/** The busiest five minutes of 30 days, as means over them. */
export type BusiestMinutes = { accepting: number; delivering: number; calling: number };

export const kinds = ['accepting', 'delivering', 'calling'] as const;

/** The largest of the three. */
export function busiestOf(peak: BusiestMinutes): number {
  return Math.max(...kinds.map((kind) => peak[kind]));
}

/** A rate for people: `12`, `0.4`. */
export function rateOf(perSecond: number): number {
  return perSecond >= 10 ? Math.round(perSecond) : Math.round(perSecond * 100) / 100;
}
