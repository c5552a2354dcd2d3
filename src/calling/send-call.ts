import type { Authorization } from '../authorization/authorizer.ts';
import type { CallError } from '../calls/call-ledger.ts';
import type { UpstreamFailure, UpstreamRequest } from '../egress/upstream-exchange.ts';
import { Problem } from '../problem.ts';
import { type AnswerPasser, createAnswerPasser } from './answer-caller.ts';
import { Attempt, heldMostBytes, type TryResult } from './attempt.ts';
import { type Call, CallerGone, elapsedOf, pause, refusal } from './call.ts';
import { authorize, exceptedAtFirst } from './credentials.ts';
import { decodeBody } from './decode-body.ts';
import { rememberPolling } from './guard-polling.ts';
import { type CircuitPass, circuitResultOf } from './policy/circuit-breaker.rules.ts';
import { requestHeaders } from './policy/header.rules.ts';
import { decideRetry, readRetryAfter } from './policy/retry.rules.ts';
import { headerOf, headersByName } from './rate-headers.rules.ts';
import { budgetWaitMs, enterBreaker, leaveBreaker, spendBudget } from './take-turn.ts';

type Held = Extract<TryResult, { kind: 'held' }>;
type Failed = Extract<TryResult, { kind: 'failed' }>;

/**
 * Sends the call, again where that helps, and hands the answer on. Returns when the caller has been answered.
 * @param pass the breaker's, for the first try
 * @throws Problem for a call that no answer came to; CallerGone
 */
export async function sendCall(call: Call, first: Authorization, pass: CircuitPass): Promise<void> {
  const passer = createAnswerPasser(call);
  try {
    await new Sending(call, passer, first, pass).run();
  } finally {
    call.departure.listen(null);
    passer.release();
  }
}

class Sending {
  readonly #call: Call;
  readonly #passer: AnswerPasser;
  readonly #refused: Set<string>;
  #authorization: Authorization;
  /** Null: what the breaker let out is accounted for. */
  #pass: CircuitPass | null;
  #mayAuthorizeAgain = true;

  constructor(call: Call, passer: AnswerPasser, authorization: Authorization, pass: CircuitPass) {
    this.#call = call;
    this.#passer = passer;
    this.#refused = new Set(exceptedAtFirst(call));
    this.#authorization = authorization;
    this.#pass = pass;
  }

  async run(): Promise<void> {
    try {
      while (!(await this.#tryOnce()));
    } finally {
      this.#leave('abandoned');
    }
  }

  /** @returns whether the call is over */
  async #tryOnce(): Promise<boolean> {
    const call = this.#call;
    const { ports } = call.calling;
    const startedAtMs = ports.monotonicMs();
    const atMs = ports.clock.now();
    const attempt = begin(call, this.#authorization, this.#passer);
    const result = await attempt.result();
    const tried = (status: number | null, error: CallError | null): void => {
      const durationMs = Math.round((ports.monotonicMs() - startedAtMs) * 10) / 10;
      call.record.tried({ status, error, atMs, durationMs }, attempt.timing());
      call.attempt = null;
    };
    switch (result.kind) {
      case 'given up':
        tried(call.record.status, 'caller_gone');
        throw new CallerGone();
      case 'answered':
        tried(call.record.status, null);
        this.#succeeded();
        return true;
      case 'failed':
        return this.#failed(result, tried);
      case 'held':
        return this.#refusedOrFailed(attempt, result, tried);
    }
  }

  #succeeded(): void {
    const { record, calling, state } = this.#call;
    record.error = null;
    record.errorCode = null;
    this.#leave('succeeded');
    calling.ports.onCredentialUsed(state.config, this.#authorization.credentialId);
    rememberPolling(this.#call);
    this.#passer.learn();
  }

  /** No answer, or one that broke off. */
  async #failed(
    { failure, status, wasPassed }: Failed,
    tried: (status: number | null, error: CallError | null) => void,
  ): Promise<boolean> {
    const call = this.#call;
    const { record } = call;
    const isCallers = failure.receiverStalled || call.departure.hasLeft;
    tried(status, isCallers ? 'caller_gone' : failure.error);
    if (isCallers) throw new CallerGone();
    record.error = failure.error;
    this.#leave(circuitResultOf(null, failure.error));
    if (wasPassed) {
      call.incoming.answer.break();
      return true;
    }
    const outcome = { status, error: failure.error, sent: failure.sent, retryAfterMs: null, permanent: false };
    if (await this.#mayTryAgain(outcome)) return false;
    throw problemOf(call, failure);
  }

  /** An answer of 400 or above: it may be asked again, with other credentials or later; else it is the answer. */
  async #refusedOrFailed(
    attempt: Attempt,
    { status, headers }: Held,
    tried: (status: number | null, error: CallError | null) => void,
  ): Promise<boolean> {
    const call = this.#call;
    const { record, state, calling } = call;
    const head = decodeBody(attempt.head, headerOf(headers, 'content-encoding'), heldMostBytes * 4);
    const { profile } = state.config;
    const { errorCode, retry } = profile.readFailure(status, head ?? Buffer.alloc(0), headersByName(headers));
    record.error = status >= 500 ? 'provider_failed' : 'provider_refused';
    record.errorCode = errorCode;
    tried(status, record.error);
    this.#leave(circuitResultOf(status, null));
    const retryAfterMs = readRetryAfter(headerOf(headers, 'retry-after'), calling.ports.clock.now());
    const outcome = { status, error: null, sent: true, retryAfterMs, permanent: retry === 'permanent' };
    let isLast = false;
    try {
      isLast = !(status === 401 ? await this.#mayAuthorize() : await this.#mayTryAgain(outcome));
    } finally {
      // What is held is not wanted any more, or nobody is there to get it.
      if (!isLast) attempt.giveUp();
    }
    return isLast && this.#passHeld(attempt, status, headers);
  }

  async #passHeld(attempt: Attempt, status: number, headers: string[]): Promise<boolean> {
    const call = this.#call;
    try {
      // The try is counted already.
      call.attempt = null;
      this.#passer.begin(status, headers);
    } catch (error) {
      attempt.giveUp();
      throw error;
    }
    call.attempt = attempt;
    call.departure.listen(() => attempt.giveUp());
    if (call.departure.hasLeft) attempt.giveUp();
    const result = await attempt.pass();
    call.attempt = null;
    if (result.kind === 'answered') {
      this.#passer.learn();
      return true;
    }
    if (result.kind !== 'failed' || result.failure.receiverStalled || call.departure.hasLeft) throw new CallerGone();
    call.record.error = result.failure.error;
    call.incoming.answer.break();
    return true;
  }

  /** Whether there are other credentials, or the same ones anew: once for each call. */
  async #mayAuthorize(): Promise<boolean> {
    const call = this.#call;
    if (!this.#mayAuthorizeAgain || !call.incoming.body.isWhole) return false;
    this.#mayAuthorizeAgain = false;
    const help = call.calling.ports.authorizer.refused(call.state.config, this.#authorization);
    if (help === 'none' || (help === 'other' && call.incoming.credentialId !== undefined)) return false;
    if (help === 'other') this.#refused.add(this.#authorization.credentialId);
    this.#authorization = await authorize(call, this.#refused);
    return this.#mayGoOut();
  }

  async #mayTryAgain(outcome: Parameters<typeof decideRetry>[0]['outcome']): Promise<boolean> {
    const call = this.#call;
    const { policy } = call.state.config;
    const decision = decideRetry({
      tries: call.record.tries.length,
      policy: policy.retries,
      outcome,
      repeatable: call.repeatable,
      bodyKept: call.incoming.body.isWhole,
      elapsedMs: elapsedOf(call),
      totalMs: policy.timeouts.totalMs,
      random: call.calling.ports.random(),
    });
    if (!decision.retry) return false;
    await pause(call, decision.delayMs);
    return this.#mayGoOut();
  }

  /** Every try passes the breaker and takes its part of the budgets. Without them the last answer is the answer. */
  async #mayGoOut(): Promise<boolean> {
    const call = this.#call;
    const { error } = call.record;
    try {
      this.#pass = enterBreaker(call);
      await spendBudget(call, budgetWaitMs(call));
      return true;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.#leave('abandoned');
      call.record.error = error;
      return false;
    }
  }

  #leave(result: 'succeeded' | 'failed' | 'abandoned'): void {
    if (this.#pass !== null) leaveBreaker(this.#call, this.#pass, result);
    this.#pass = null;
  }
}

function begin(call: Call, authorization: Authorization, passer: AnswerPasser): Attempt {
  const { state, calling, record, incoming } = call;
  const { policy } = state.config;
  const baseUrl = state.config.baseUrl ?? authorization.baseUrl;
  if (baseUrl === null) {
    const detail = 'It is not known where the account lives: give the connection a baseUrl.';
    throw refusal(call, 'credential', new Problem('credential_failed', detail));
  }
  if (call.departure.hasLeft) throw new CallerGone();
  const { origin, basePath } = state.placeOf(baseUrl);
  const nowMs = calling.ports.monotonicMs();
  record.sent(nowMs);
  record.status = null;
  const replaced = namesOf(authorization);
  const headers = requestHeaders(incoming.headers, { version: calling.ports.version, replaced });
  headers.push(...authorization.headers);
  const body = incoming.body.next();
  const { declaredBytes } = incoming.body;
  if (body !== null && !Buffer.isBuffer(body) && declaredBytes !== null) {
    headers.push('content-length', String(declaredBytes));
  }
  const { firstByteMs, idleMs, totalMs } = policy.timeouts;
  const leftMs = Math.max(1, totalMs - (nowMs - record.startedAtMs));
  const request: UpstreamRequest = {
    method: incoming.method,
    path: basePath + call.path,
    headers,
    body,
    timeouts: { firstByteMs, idleMs, totalMs: leftMs },
  };
  const attempt = new Attempt(state.upstream(origin), request, passer);
  call.attempt = attempt;
  call.departure.listen(() => attempt.giveUp());
  return attempt;
}

/** Authorizations serve many calls. */
const namesOfAuthorizations = new WeakMap<Authorization, ReadonlySet<string>>();

function namesOf(authorization: Authorization): ReadonlySet<string> {
  let names = namesOfAuthorizations.get(authorization);
  if (names === undefined) {
    names = new Set(authorization.headers.filter((_, index) => index % 2 === 0));
    namesOfAuthorizations.set(authorization, names);
  }
  return names;
}

function problemOf(call: Call, failure: UpstreamFailure): Problem {
  const { title } = call.state.config.profile;
  const { tries } = call.record;
  const count = tries.length === 1 ? '' : ` (the last of ${tries.length} tries)`;
  const unsure =
    failure.sent && !call.repeatable ? ' Whether it was done is not known: look before you repeat it.' : '';
  const detail = `${title} gave no answer: ${failure.message}${count}.${unsure}`;
  if (failure.error === 'timeout') return new Problem('provider_timeout', detail);
  return new Problem('provider_unreachable', detail);
}
