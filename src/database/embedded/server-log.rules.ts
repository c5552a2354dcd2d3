export type ServerLogLine = { level: 'info' | 'warn' | 'error'; severity: string; text: string };

const severities =
  /(?:^|\s)(DEBUG\d?|LOG|INFO|NOTICE|WARNING|ERROR|FATAL|PANIC|DETAIL|HINT|CONTEXT|STATEMENT|QUERY|LOCATION): {1,2}(.*)$/;

// Answers to clients that came early or late; the readiness poll itself causes the first ones.
const ordinaryFatal =
  /^(the database system is (starting up|shutting down|not yet accepting connections|in recovery mode)|terminating connection due to administrator command)/;

const tellingLog =
  /was terminated by (signal|exception)|exited with exit code|terminating any other active|reinitializing|was interrupted|not properly shut down|redo (starts|done|in progress)|syncing data directory|could not/;

/**
 * What of the server's log is worth forwarding. LOG lines rank above ERROR for PostgreSQL and are mostly routine; only
 * those about crashes and recovery pass. DETAIL, CONTEXT and STATEMENT may hold row values and never pass.
 */
export function readServerLogLine(line: string): ServerLogLine | undefined {
  const match = severities.exec(line);
  const severity = match?.[1];
  const text = match?.[2]?.trim();
  if (!severity || !text) return undefined;
  if (severity === 'WARNING' || severity === 'ERROR') return { level: 'warn', severity, text };
  if (severity === 'PANIC') return { level: 'error', severity, text };
  if (severity === 'FATAL') return ordinaryFatal.test(text) ? undefined : { level: 'error', severity, text };
  if (severity === 'LOG' && tellingLog.test(text) && !text.startsWith('background worker'))
    return { level: 'info', severity, text };
  return undefined;
}

/** Whether a failed initdb or server ran out of space (or quota), by what it printed. */
export function saysDiskFull(output: string): boolean {
  return /No space left on device|Disk quota exceeded|ENOSPC|EDQUOT/.test(output);
}
