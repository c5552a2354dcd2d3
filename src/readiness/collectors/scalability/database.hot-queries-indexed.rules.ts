import type { Finding } from '../../finding.ts';
import { counted, failed, listed, passed } from '../../finding.rules.ts';

export type HotQueries = {
  /** Of the indexes that the hot queries live by: those that are missing or not valid. */
  missing: readonly string[];
  indexes: number;
  queries: readonly { name: string; sequentialScans: readonly string[]; medianMs: number }[];
};

const mostMedianMs = 20;

/** Every index is there and valid, no hot query reads a large table from end to end, and each is quick. */
export function judgeHotQueries({ missing, indexes, queries }: HotQueries): Finding {
  const scanning = queries.filter(({ sequentialScans }) => sequentialScans.length > 0);
  const slow = queries.filter(({ medianMs }) => medianMs > mostMedianMs);
  const values = {
    indexes,
    indexesMissing: missing.length,
    ...Object.fromEntries(queries.map(({ name, medianMs }) => [`${name} ms`, Math.round(medianMs * 10) / 10])),
  };
  if (missing.length > 0)
    return failed(`Missing or not valid: ${listed(missing)}.`, values, 'CREATE INDEX CONCURRENTLY …');
  if (scanning.length > 0) {
    const scans = scanning.map(({ name, sequentialScans }) => `${name} (${listed(sequentialScans)})`);
    return failed(`Read from end to end: ${listed(scans)}.`, values, 'ANALYZE');
  }
  if (slow.length > 0)
    return failed(`Slower than ${mostMedianMs} ms: ${listed(slow.map(({ name }) => name))}.`, values, 'ANALYZE');
  return passed(
    `${counted(indexes, 'index', 'indexes')} and ${counted(queries.length, 'hot query', 'hot queries')}, as they should be.`,
    values,
  );
}
