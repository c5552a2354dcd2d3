/** What went wrong with the embedded database; closed, so that callers can branch on it. */
export type EmbeddedDatabaseErrorCode =
  | 'unsupported_platform'
  | 'package_missing'
  | 'binary_unusable'
  | 'user_missing'
  | 'folder_not_writable'
  | 'folder_foreign'
  | 'folder_unreachable'
  | 'already_running'
  | 'in_use_elsewhere'
  | 'cluster_newer'
  | 'cluster_older'
  | 'cluster_damaged'
  | 'cluster_missing'
  | 'disk_full'
  | 'initdb_failed'
  | 'password_rejected'
  | 'start_failed'
  | 'start_timeout'
  | 'stopped';

/** `message` is one complete line that ends with the remedy; `remedy` is that part alone. */
export class EmbeddedDatabaseError extends Error {
  readonly code: EmbeddedDatabaseErrorCode;
  readonly remedy: string;

  constructor(failure: { code: EmbeddedDatabaseErrorCode; what: string; remedy: string; cause?: unknown }) {
    super(`${failure.what}: ${failure.remedy}`, failure.cause === undefined ? {} : { cause: failure.cause });
    this.name = 'EmbeddedDatabaseError';
    this.code = failure.code;
    this.remedy = failure.remedy;
  }
}
