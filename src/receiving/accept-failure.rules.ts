import { Problem } from '../problem.ts';

/** The same statement would be refused for ever: SQLSTATE classes of the data itself and of what is not there. */
export function isRefusedForGood(error: unknown): boolean {
  const cause = error instanceof Problem ? error.cause : error;
  return cause instanceof Error && 'code' in cause && /^(2[0-9]|42)[0-9A-Z]{3}$/.test(String(cause.code));
}

/** Whether an accept that failed may have been committed after all: not when no statement can have been sent. */
export function mayBeCommitted(error: unknown): boolean {
  if (!(error instanceof Problem)) return true;
  const { cause } = error;
  if (!(cause instanceof Error)) return false;
  const { syscall } = cause as { syscall?: unknown };
  return syscall !== 'connect' && !/timeout exceeded when trying to connect/.test(cause.message);
}
