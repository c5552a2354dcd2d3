import type { ArchiveError } from './archive-errors.rules.ts';

/** Why a document could not be archived this time. `retryAfterMs` is the provider's word. */
export class ArchiveFailure extends Error {
  readonly error: ArchiveError;
  readonly retryAfterMs: number | null;

  constructor(error: ArchiveError, more: { retryAfterMs?: number | null; cause?: unknown } = {}) {
    super(error, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'ArchiveFailure';
    this.error = error;
    this.retryAfterMs = more.retryAfterMs ?? null;
  }
}
