import { Problem } from '../problem.ts';
import { answerFromMemory } from './answer-caller.ts';
import { type Call, CallerGone, refusal } from './call.ts';
import { closeCall } from './close-call.ts';
import { authorize, exceptedAtFirst } from './credentials.ts';
import { guardPolling } from './guard-polling.ts';
import { immutableAnswer } from './kept-answers.ts';
import { maskBody } from './policy/mask-body.rules.ts';
import { posthornHeaders } from './posthorn-headers.ts';
import { sendCall } from './send-call.ts';
import { budgetWaitMs, enterBreaker, leaveBreaker, returnBudget, spendBudget, takeTurn } from './take-turn.ts';

/** As web servers log a client that closed its request. */
const callerGoneStatus = 499;

/**
 * Takes a call through the policies to the provider, and its answer back. Returns when the caller was answered, or has
 * left; either way the call is on record.
 * @throws Problem when Posthorn is to answer
 */
export async function makeCall(call: Call): Promise<void> {
  const { record, incoming } = call;
  try {
    await answer(call);
  } catch (error) {
    if (call.departure.hasLeft || error instanceof CallerGone) {
      record.error = 'caller_gone';
      if (record.answered === 0) record.answered = callerGoneStatus;
      incoming.answer.break();
      return;
    }
    record.answered = error instanceof Problem ? error.status : 500;
    incoming.told.push(...posthornHeaders(call));
    throw error;
  } finally {
    noteRequestBody(call);
    incoming.body.release();
    closeCall(call);
  }
}

async function answer(call: Call): Promise<void> {
  const { config } = call.state;
  if (config.status === 'paused') {
    const detail = 'Somebody paused this connection; nothing goes out until it is active again.';
    throw refusal(call, 'paused', new Problem('connection_paused', detail, { retryAfterSeconds: 60 }));
  }
  const kept = immutableAnswer(call);
  if (kept !== null) return answerFromMemory(call, kept, 'hit');
  const guarding = guardPolling(call);
  const served = guarding === null ? null : await guarding;
  if (served !== null) return answerFromMemory(call, served, 'served');
  return goOut(call);
}

async function goOut(call: Call): Promise<void> {
  const { state } = call;
  let pass = enterBreaker(call);
  let release: (() => void) | null = null;
  let isSending = false;
  try {
    const turn = takeTurn(call);
    release = turn instanceof Promise ? await turn : turn;
    // It may have opened while others had their turns.
    if (pass.phase !== state.circuit.phase) pass = enterBreaker(call);
    const takenAtMs = await spendBudget(call, budgetWaitMs(call));
    try {
      const authorization = await authorize(call, exceptedAtFirst(call));
      await begin(call);
      isSending = true;
      await sendCall(call, authorization, pass);
    } finally {
      if (!isSending) returnBudget(call, takenAtMs);
    }
  } finally {
    if (!isSending) leaveBreaker(call, pass, 'abandoned');
    release?.();
  }
}

/** Puts the call on record, and reads what is kept of its body meanwhile. */
async function begin(call: Call): Promise<void> {
  const { incoming, state, record, calling } = call;
  const { retries, timeouts } = state.config.policy;
  const gathering = incoming.body.gather({ keepBytes: retries.bufferBytes, idleMs: timeouts.idleMs });
  try {
    await calling.ports.ledger.begin(record.start);
  } catch (error) {
    throw error instanceof Problem ? error : notOnRecord(error);
  }
  call.isBegun = true;
  const gathered = gathering instanceof Promise ? await gathering : gathering;
  if (gathered === 'gone' || call.departure.hasLeft) throw new CallerGone();
  if (gathered === 'slow') {
    const detail = `Nothing of the body came for ${timeouts.idleMs} ms.`;
    throw refusal(call, 'caller_gone', new Problem('request_timeout', detail));
  }
}

function notOnRecord(cause: unknown): Problem {
  const detail = 'The call cannot be put on record, so it was not made. Try again.';
  return new Problem('database_unavailable', detail, { retryAfterSeconds: 2, cause });
}

function noteRequestBody({ state, record, incoming }: Call): void {
  const { ledger } = state.config.policy;
  const { kept } = incoming.body;
  if (ledger.bodies !== 'masked' || kept === null) return;
  let contentType: string | null = null;
  for (let index = 0; index < incoming.headers.length; index += 2) {
    if (incoming.headers[index]?.toLowerCase() === 'content-type') contentType ??= incoming.headers[index + 1] ?? null;
  }
  record.requestBody = maskBody(kept, contentType, ledger.maxBytes);
}
