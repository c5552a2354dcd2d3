/**
 * Why a sealed value cannot be opened. `unknown-key`: it is sealed under a master key that was not given, so giving
 * that key mends it. `damaged`: its bytes were changed, or it belongs to another row, team or purpose.
 */
export type SealErrorCode = 'unknown-key' | 'damaged';

/** Never holds any of the value or of a key, and no cause that might. */
export class SealError extends Error {
  readonly code: SealErrorCode;

  constructor(code: SealErrorCode, message: string) {
    super(message);
    this.name = 'SealError';
    this.code = code;
  }
}
