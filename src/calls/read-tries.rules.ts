import type { CallTry } from './call-ledger.ts';

/** Tries as they are stored: [status, error, at ms, duration ms] each. */
export type StoredTries = readonly [CallTry['status'], CallTry['error'], number, number][];

export function readTries(stored: StoredTries | null): CallTry[] {
  return (stored ?? []).map(([status, error, atMs, durationMs]) => ({ status, error, atMs, durationMs }));
}
