const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `10m` ago, or a time such as 2026-01-31T12:00:00Z, as RFC 3339 in UTC; null when it is neither. */
export function readSince(text: string, nowMs: number): string | null {
  const [, count = '', unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const atMs = unit !== '' ? nowMs - Number(count) * (unitMs[unit] ?? 0) : timeOf(text);
  return Number.isNaN(atMs) || atMs < 0 ? null : new Date(atMs).toISOString();
}

function timeOf(text: string): number {
  return /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/.test(text) ? Date.parse(text) : Number.NaN;
}
