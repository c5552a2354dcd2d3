import type { Finding } from '../../finding.ts';
import { dayMs, failed, passed } from '../../finding.rules.ts';

export type KeptData = {
  retentionDays: number;
  /** The oldest of each kind that is still there; null for none. */
  oldest: readonly { kind: string; atMs: number | null }[];
};

/** Days are dropped whole, so what is kept may be a day older than its period. */
export function judgeRetention({ retentionDays, oldest }: KeptData, nowMs: number): Finding {
  const ages = oldest.map(({ kind, atMs }) => ({ kind, days: atMs === null ? 0 : (nowMs - atMs) / dayMs }));
  const late = ages.filter(({ days }) => days > retentionDays + 1);
  const values = {
    retentionDays,
    ...Object.fromEntries(ages.map(({ kind, days }) => [`oldest ${kind} days`, Math.floor(days)])),
  };
  if (late.length === 0) return passed(`Nothing is older than ${retentionDays} days.`, values);
  const seen = late.map(({ kind, days }) => `${kind} of ${Math.floor(days)} days ago`).join(', ');
  return failed(
    `Kept too long: ${seen}; the period is ${retentionDays} days.`,
    values,
    'look at the log for maintenance',
  );
}
