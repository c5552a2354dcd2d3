import { CliFailure } from '../failure.ts';

const dayMs = 86_400_000;

/** A time as RFC 3339, from `30d` (from now) or from a date or time. `option`: for the error. @throws CliFailure */
export function endOf(given: string, nowMs: number, option = '--until'): string {
  const [, days] = /^(\d{1,3})d$/.exec(given) ?? [];
  const atMs = days === undefined ? Date.parse(given) : nowMs + Number(days) * dayMs;
  if (Number.isFinite(atMs)) return new Date(atMs).toISOString();
  throw new CliFailure(`${option} ${given} is no time`, 'write 30d, or a date such as 2026-09-01', 2);
}
