import type { CallError } from '../calls/call-ledger.ts';
import type { ApiRequest, Operation } from '../providers/api-profile.ts';
import type { Attempt } from './attempt.ts';
import type { Departure } from './departure.ts';
import type { CallRecord } from './call-record.ts';
import type { CallingPorts } from './calling-ports.ts';
import type { ConnectionState } from './connection-state.ts';
import type { IncomingCall } from './incoming-call.ts';
import type { KeptBytes } from './kept-bytes.ts';
import type { AnswerCache } from './policy/answer-cache.ts';
import type { Problem } from '../problem.ts';

/** What all calls share. */
export type Calling = { ports: CallingPorts; cache: AnswerCache; room: KeptBytes };

/** A call on its way through the policies. */
export type Call = {
  readonly calling: Calling;
  readonly incoming: IncomingCall;
  readonly state: ConnectionState;
  /** As profiles see it. */
  readonly request: ApiRequest;
  readonly operation: Operation;
  /** Below the base URL, with its query: as it is sent. */
  readonly path: string;
  /** May be sent twice without doing it twice. */
  readonly repeatable: boolean;
  /** May be answered from memory, and its answer kept there. */
  readonly usesMemory: boolean;
  readonly record: CallRecord;
  readonly departure: Departure;
  /** What is still to be found out for the record. */
  pending: Promise<void> | null;
  isBegun: boolean;
  /** In the scarcest budget; null without any. */
  budgetRemaining: number | null;
  /** The try under way. */
  attempt: Attempt | null;
};

/** The caller left, or Posthorn stops: nobody is to be answered. */
export class CallerGone extends Error {
  constructor() {
    super('the caller is gone');
    this.name = 'CallerGone';
  }
}

/** Notes what ends the call in Posthorn. @returns the problem, to be thrown */
export function refusal(call: Call, error: CallError, problem: Problem): Problem {
  call.record.error = error;
  return problem;
}

/** Milliseconds since the call came. */
export function elapsedOf({ calling, record }: Call): number {
  return calling.ports.monotonicMs() - record.startedAtMs;
}

/** Waits. @throws CallerGone */
export function pause(call: Call, delayMs: number): Promise<void> {
  const { departure } = call;
  if (departure.hasLeft) return Promise.reject(new CallerGone());
  return new Promise((resolve, reject) => {
    const timer = call.calling.ports.timers.after(delayMs, () => {
      departure.listen(null);
      resolve();
    });
    departure.listen(() => {
      timer.cancel();
      reject(new CallerGone());
    });
  });
}
