/** The closed set of problem codes (RFC 9457): what may go wrong, told the same way by API, CLI and docs. */
export const problemCodes = {
  invalid_request: { status: 400, title: 'The request is not valid' },
  invalid_json: { status: 400, title: 'The body is not valid JSON' },
  invalid_path: { status: 400, title: 'The path may not be sent to the provider' },
  invalid_cursor: { status: 400, title: 'The cursor is not one this list gave' },
  unauthorized: { status: 401, title: 'An API key is needed' },
  invalid_signature: { status: 401, title: 'The request is not signed as this source demands' },
  forbidden: { status: 403, title: 'That is not allowed here' },
  not_found: { status: 404, title: 'There is no such thing here' },
  method_not_allowed: { status: 405, title: 'This path does not take that method' },
  request_timeout: { status: 408, title: 'The request took too long to arrive' },
  conflict: { status: 409, title: 'It exists already, or is in a state that does not allow this' },
  review_not_passed: { status: 409, title: 'The review does not allow it' },
  promotion_frozen: { status: 409, title: 'A freeze window stands against it' },
  last_owner: { status: 409, title: 'The team would be left without an owner' },
  evidence_changed: { status: 409, title: 'What was looked at is not what is there now' },
  idempotency_conflict: { status: 409, title: 'The idempotency key was used with another request' },
  payload_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'This content type is not taken here' },
  unknown_event_type: { status: 422, title: 'The event type is not registered' },
  payload_schema_mismatch: { status: 422, title: 'The payload does not match the schema of its event type' },
  invalid_schema: { status: 422, title: 'The JSON Schema is not valid' },
  invalid_filter: { status: 422, title: 'The filter is not valid' },
  invalid_url: { status: 422, title: 'The URL may not be used as an endpoint' },
  invalid_secret: { status: 422, title: 'The secret does not fit the signing scheme' },
  invalid_base_url: { status: 422, title: 'Calls of this connection may not be sent there' },
  invalid_credential: { status: 422, title: 'A credential cannot be used as it is' },
  sandbox_remains: { status: 422, title: 'Something of the sandbox would be left in production' },
  check_not_decidable: { status: 422, title: 'Nothing can decide this check by itself' },
  drill_not_safe: { status: 422, title: 'The drill is not safe here as it was asked for' },
  invalid_header: { status: 422, title: 'The header may not be set' },
  unknown_provider: { status: 422, title: 'There is no such provider profile' },
  uncovered_body: { status: 422, title: 'Requests of this provider do not prove their whole body' },
  limit_reached: { status: 422, title: 'The limit of such things is reached' },
  rate_limited: { status: 429, title: 'Too many requests' },
  budget_exhausted: { status: 429, title: 'The provider’s limit on calls is used up' },
  call_queue_full: { status: 429, title: 'Too many calls through this connection at once' },
  polling_refused: { status: 429, title: 'The same was asked of the provider a short while ago' },
  document_damaged: { status: 500, title: 'The archived document is damaged or missing' },
  internal: { status: 500, title: 'Posthorn failed' },
  provider_unreachable: { status: 502, title: 'The provider cannot be reached, or broke off' },
  credential_failed: { status: 502, title: 'The connection has no credential that the provider takes' },
  overloaded: { status: 503, title: 'Posthorn is at its limit' },
  database_unavailable: { status: 503, title: 'The database is out of reach' },
  source_paused: { status: 503, title: 'The source is paused' },
  connection_paused: { status: 503, title: 'The connection is paused' },
  provider_unavailable: { status: 503, title: 'The provider failed too often; calls wait until it recovers' },
  shutting_down: { status: 503, title: 'This node is stopping' },
  provider_timeout: { status: 504, title: 'The provider did not answer in time' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof problemCodes;
export type ProblemPointer = { pointer: string; message: string };

/** What a caller can act on: what is wrong, where, and how to mend it. `detail` never holds a secret. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly errors: readonly ProblemPointer[] | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ProblemCode,
    detail: string,
    more: { errors?: readonly ProblemPointer[]; retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(detail, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'Problem';
    this.code = code;
    this.errors = more.errors;
    this.retryAfterSeconds = more.retryAfterSeconds;
  }

  get status(): number {
    return problemCodes[this.code].status;
  }
}
