import { isDataError } from '../database/data-error.rules.ts';
import { Problem } from '../problem.ts';

/** The event itself is what the database refuses, now and for ever. */
export function isRefusedForGood(error: unknown): boolean {
  return isDataError(error instanceof Problem ? error.cause : error);
}

/** Whether an accept that failed may have been committed after all: not when no statement can have been sent. */
export function mayBeCommitted(error: unknown): boolean {
  if (!(error instanceof Problem)) return true;
  const { cause } = error;
  if (!(cause instanceof Error)) return false;
  const { syscall } = cause as { syscall?: unknown };
  return syscall !== 'connect' && !/timeout exceeded when trying to connect/.test(cause.message);
}
