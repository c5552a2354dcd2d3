import type { Log } from './log.ts';

const everyMs = 10_000;
/** Different errors that are remembered at most. */
const mostKnown = 500;

/**
 * Writes what failed and is tried again to the log: the same of one place once in ten seconds, with how many `more` there
 * were since, so that an outage does not fill the log with what its first line says.
 */
export function createErrorReports(
  log: Pick<Log, 'warn'>,
  monotonicMs: () => number,
): (where: string, error: unknown) => void {
  const known = new Map<string, { writtenAtMs: number; more: number }>();
  return (where, error) => {
    const nowMs = monotonicMs();
    const key = `${where} ${error instanceof Error ? `${error.name} ${error.message}` : ''}`;
    const last = known.get(key);
    if (last !== undefined && nowMs - last.writtenAtMs < everyMs) {
      last.more += 1;
      return;
    }
    if (last === undefined && known.size >= mostKnown) known.clear();
    known.set(key, { writtenAtMs: nowMs, more: 0 });
    const more = last === undefined || last.more === 0 ? {} : { more: last.more };
    log.warn({ where, error, ...more }, 'something failed and is tried again');
  };
}
