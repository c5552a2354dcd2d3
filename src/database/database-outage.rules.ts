/**
 * SQLSTATEs that say "not now" rather than "not so": connection exceptions, resources (disk full, too many
 * connections), server stopping or starting, read-only after a failover, and conflicts that a repeat resolves.
 * Source: PostgreSQL documentation, appendix A.
 */
const passingStates = /^(?:08|53|57P0[1-5]$|25006$|40001$|40P01$|55P03$|58030$|XX001$)/;

const connectionCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH']);
const nameCodes = new Set(['ENOTFOUND', 'EAI_AGAIN']);
const driverMessages = [
  'Connection terminated',
  'timeout exceeded when trying to connect',
  'Client has encountered a connection error',
  'Client was closed and is not queryable',
  'Cannot use a pool after calling end on the pool',
  'Query read timeout',
];

/** True when an error of pg means that the database cannot serve now, so that asking again later makes sense. */
export function isDatabaseOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, syscall } = error as { code?: unknown; syscall?: unknown };
  if (typeof code === 'string') {
    if (/^[0-9A-Z]{5}$/.test(code) && 'severity' in error) return passingStates.test(code);
    if (connectionCodes.has(code) || nameCodes.has(code)) return true;
    if (code === 'ENOENT' && syscall === 'connect') return true;
  }
  return driverMessages.some((message) => error.message.startsWith(message));
}
