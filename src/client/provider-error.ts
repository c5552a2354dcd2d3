type Told = {
  provider: string;
  operation: string;
  status: number;
  code: string | null;
  retryable: boolean;
  permanent: boolean;
  mayRepeat: boolean;
  retryAfterMs: number | null;
  callId: string | null;
  body: unknown;
};

/**
 * The provider refused or failed. The message names its code and not its prose, which may quote people's data; `body` has
 * everything, and is left out when the error is printed or made JSON.
 */
export class ProviderError extends Error {
  readonly provider: string;
  /** Such as `documenso.cancel`. */
  readonly operation: string;
  readonly status: number;
  /** The provider's own code, where its answer has one. */
  readonly code: string | null;
  /** 408, 425, 429 and 5xx, and what else the provider says to pass by itself. */
  readonly retryable: boolean;
  /** Sent again as it is, it will fail again. False together with `retryable`: it passes, but not by asking again. */
  readonly permanent: boolean;
  /** Whether the same request may be sent again without doing it twice. */
  readonly mayRepeat: boolean;
  readonly retryAfterMs: number | null;
  readonly callId: string | null;
  readonly #body: unknown;

  constructor(told: Told) {
    const { provider, operation, status, code, callId } = told;
    const about = [code, callId].filter((each) => each !== null).join(', ');
    super(`${operation}: ${provider} answered ${status}${about === '' ? '' : ` (${about})`}.`);
    this.name = 'ProviderError';
    this.provider = provider;
    this.operation = operation;
    this.status = status;
    this.code = code;
    this.retryable = told.retryable;
    this.permanent = told.permanent;
    this.mayRepeat = told.mayRepeat;
    this.retryAfterMs = told.retryAfterMs;
    this.callId = callId;
    this.#body = told.body;
  }

  /** What the provider answered: JSON where it is JSON, else text, both up to 64 KiB. May hold people's data. */
  get body(): unknown {
    return this.#body;
  }
}
