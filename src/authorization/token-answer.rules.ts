/** An answer of a token endpoint (RFC 6749 section 5). `expiresIn`: seconds. Problems quote nothing that came. */
export type TokenReading =
  | { kind: 'token'; token: string; expiresIn: number | null }
  | { kind: 'refused'; error: string | null; problem: string; retryAfterMs: number | null }
  | { kind: 'unusable'; problem: string }
  | { kind: 'failed'; problem: string; retryAfterMs: number | null };

type Answer = { status: number; headers: ReadonlyMap<string, string>; body: Buffer };

const usableToken = /^[\x21-\x7e]{1,16384}$/;

/** Errors that may be named, since they are of the closed sets, and what mends them. */
const knownErrors: Readonly<Record<string, string>> = {
  invalid_client: 'check the client id and the client secret, and whether they are sent the way the provider expects',
  invalid_grant: 'check the key and the user that it acts for, and the clock of this machine',
  unauthorized_client: 'have the provider allow this grant for the client',
  unsupported_grant_type: 'use the kind of credential that the provider knows',
  invalid_scope: 'check the scope',
  invalid_request: 'check the fields of the credential: one is missing, wrong, or not taken there',
  access_denied: 'have the provider allow it',
  consent_required: 'have the user consent',
  invalid_target: 'check the audience',
};

/** Reads a token, or says why there is none, in words of our own. */
export function readTokenAnswer(answer: Answer): TokenReading {
  const { status } = answer;
  if (status === 200 || status === 201) return readToken(answer.body);
  if (status >= 300 && status < 400) {
    const problem = `answered with a redirect (${status}), which is not followed; enter the address it leads to`;
    return { kind: 'unusable', problem };
  }
  const retryAfterMs = readRetryAfterMs(answer.headers.get('retry-after'));
  if (status >= 500 || status === 429 || status === 408) {
    return { kind: 'failed', problem: `answered ${status}`, retryAfterMs };
  }
  const { error } = parseObject(answer.body);
  const known = typeof error === 'string' && Object.hasOwn(knownErrors, error) ? error : null;
  const problem =
    known === null
      ? `answered ${status}; check the address and what is entered`
      : `answered ${status} ${known}; ${knownErrors[known]}`;
  return { kind: 'refused', error: known, problem, retryAfterMs };
}

function readToken(body: Buffer): TokenReading {
  const { access_token: token, token_type: type, expires_in: expires } = parseObject(body);
  if (typeof token !== 'string' || !usableToken.test(token)) {
    return { kind: 'failed', problem: 'answered without a usable access_token', retryAfterMs: null };
  }
  // RFC 6749 section 7.1: a token of a type that one does not understand must not be used.
  if (typeof type !== 'string' || type.toLowerCase() !== 'bearer') {
    return { kind: 'unusable', problem: 'gave a token whose token_type is not Bearer; only that is supported' };
  }
  const seconds = typeof expires === 'string' && /^\d{1,12}$/.test(expires) ? Number(expires) : expires;
  const expiresIn = typeof seconds === 'number' && Number.isFinite(seconds) && seconds > 0 ? seconds : null;
  return { kind: 'token', token, expiresIn };
}

/** The members of a JSON object; none when it is anything else. */
export function parseObject(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}

/** Seconds only: a date would have to be compared with a clock, and is rare here. */
function readRetryAfterMs(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) * 1000 : null;
}
