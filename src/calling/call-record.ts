import type { Authorization } from '../authorization/authorizer.ts';
import type { CallEnd, CallError, CallStart, CallTry } from '../calls/call-ledger.ts';
import type { Timing } from '../egress/exchange-result.ts';
import { holdsSecret, secretsIn } from './policy/credential-echo.rules.ts';

/** What is found out about a call on its way; becomes its end in the ledger. */
export class CallRecord {
  readonly start: CallStart;
  readonly startedAtMs: number;
  status: number | null = null;
  answered = 0;
  error: CallError | null = null;
  errorCode: string | null = null;
  cache: CallEnd['cache'] = null;
  polling: CallEnd['polling'] = null;
  repeats: CallEnd['repeats'] = null;
  credentialId: string | null = null;
  credentialKind: string | null = null;
  rateHeaders: ReadonlyMap<string, string> | null = null;
  responseBytes = 0;
  requestBody: Buffer | null = null;
  responseBody: Buffer | null = null;
  readonly tries: CallTry[] = [];
  readonly #authorizations: Authorization[] = [];
  #sentAtMs: number | null = null;
  #timing: Timing | null = null;

  /** @param startedAtMs monotonic */
  constructor(start: CallStart, startedAtMs: number) {
    this.start = start;
    this.startedAtMs = startedAtMs;
  }

  /** The credentials of the next try. Whatever quotes them is kept off the record. */
  authorizedBy(authorization: Authorization): void {
    this.credentialId = authorization.credentialId;
    this.credentialKind = authorization.kind;
    this.#authorizations.push(authorization);
  }

  /** The first try begins. */
  sent(nowMs: number): void {
    this.#sentAtMs ??= nowMs;
  }

  /** A try is over. */
  tried(one: CallTry, timing: Timing | null): void {
    this.tries.push(one);
    this.#timing = timing;
    this.status = one.status;
  }

  end(now: { monotonicMs: number; endedAtMs: number; requestBytes: number }): CallEnd {
    const { start } = this;
    const totalMs = round(now.monotonicMs - this.startedAtMs);
    const timing = this.#timing;
    const told = this.#withoutEchoes();
    return {
      teamId: start.teamId,
      id: start.id,
      status: this.status,
      answered: this.answered,
      error: this.error,
      errorCode: told.errorCode,
      tries: this.tries,
      timing: {
        queueMs: this.#sentAtMs === null ? totalMs : round(this.#sentAtMs - this.startedAtMs),
        dnsMs: timing?.dnsMs ?? null,
        connectMs: timing?.connectMs ?? null,
        tlsMs: timing?.tlsMs ?? null,
        firstByteMs: timing?.firstByteMs ?? null,
        totalMs,
      },
      requestBytes: now.requestBytes,
      responseBytes: this.responseBytes,
      cache: this.cache,
      polling: this.polling,
      repeats: this.repeats,
      credentialId: this.credentialId,
      credentialKind: this.credentialKind,
      rateHeaders: told.rateHeaders,
      requestBody: told.requestBody,
      responseBody: told.responseBody,
      endedAtMs: now.endedAtMs,
    };
  }

  /** What the tries were authorized with. */
  secrets(): readonly string[] {
    const [first] = this.#authorizations;
    // flatMap makes a list, which most calls do not need.
    return first !== undefined && this.#authorizations.length === 1
      ? secretsOf(first)
      : this.#authorizations.flatMap(secretsOf);
  }

  /** What came from outside, without what quotes the credentials: some providers answer what they were sent. */
  #withoutEchoes(): Pick<CallEnd, 'errorCode' | 'rateHeaders' | 'requestBody' | 'responseBody'> {
    const { errorCode, rateHeaders, requestBody, responseBody } = this;
    if (errorCode === null && rateHeaders === null && requestBody === null && responseBody === null) {
      return { errorCode, rateHeaders: {}, requestBody, responseBody };
    }
    const secrets = this.secrets();
    const isClean = (text: string): boolean => !holdsSecret(text, secrets);
    const cleanBody = (body: Buffer | null): Buffer | null =>
      body !== null && isClean(body.toString('utf8')) ? body : null;
    const limits = [...(rateHeaders ?? [])].filter(([name, value]) => isClean(name) && isClean(value));
    return {
      errorCode: errorCode !== null && isClean(errorCode) ? errorCode : null,
      rateHeaders: Object.fromEntries(limits),
      requestBody: cleanBody(requestBody),
      responseBody: cleanBody(responseBody),
    };
  }
}

/** Calls share their authorizations. */
const secretsOfAuthorizations = new WeakMap<Authorization, readonly string[]>();

function secretsOf(authorization: Authorization): readonly string[] {
  let secrets = secretsOfAuthorizations.get(authorization);
  if (secrets === undefined) {
    secrets = secretsIn(authorization.headers);
    secretsOfAuthorizations.set(authorization, secrets);
  }
  return secrets;
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
