import type { CallEnd, CallError, CallStart, CallTry } from '../calls/call-ledger.ts';
import type { Timing } from '../egress/exchange-result.ts';

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
  #sentAtMs: number | null = null;
  #timing: Timing | null = null;

  /** @param startedAtMs monotonic */
  constructor(start: CallStart, startedAtMs: number) {
    this.start = start;
    this.startedAtMs = startedAtMs;
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
    return {
      teamId: start.teamId,
      id: start.id,
      status: this.status,
      answered: this.answered,
      error: this.error,
      errorCode: this.errorCode,
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
      rateHeaders: this.rateHeaders === null ? {} : Object.fromEntries(this.rateHeaders),
      requestBody: this.requestBody,
      responseBody: this.responseBody,
      endedAtMs: now.endedAtMs,
    };
  }
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
