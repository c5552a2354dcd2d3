const unitSeconds = { h: 3600, d: 86_400 } as const;
const mostSeconds = 366 * unitSeconds.d;

/** `24h` or `90d` in seconds: a whole number from one hour to 366 days, without leading zeros. Null: it is not one. */
export function parseTimeToLive(text: string): number | null {
  const [, count, unit] = /^([1-9]\d{0,3})([hd])$/.exec(text) ?? [];
  if (count === undefined || (unit !== 'h' && unit !== 'd')) return null;
  const seconds = Number(count) * unitSeconds[unit];
  return seconds <= mostSeconds ? seconds : null;
}
