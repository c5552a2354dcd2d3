import { Problem } from '../problem.ts';
import { CallerGone, type Call, refusal } from './call.ts';
import type { KeptAnswer } from './policy/answer-cache.ts';
import { servedAnswer } from './kept-answers.ts';
import { judge as judgePolling, type PollingVerdict, refresh, remember } from './policy/polling-guard.rules.ts';

type Violation = Extract<PollingVerdict, { verdict: 'violation' }>;

/**
 * Judges whether the call repeats another one too soon. In `observe` it goes out anyway, and whether an event made it
 * legitimate is found out meanwhile.
 * @returns the earlier answer, where the policy wants repeats to be served with it; null at once for what is not judged
 * @throws Problem polling_refused
 */
export function guardPolling(call: Call): Promise<KeptAnswer | null> | null {
  const windowMs = windowOf(call);
  return windowMs === null ? null : guard(call, windowMs);
}

async function guard(call: Call, windowMs: number): Promise<KeptAnswer | null> {
  const { mode } = call.state.config.policy.polling;
  const seeding = call.state.seed(windowMs);
  if (seeding !== null) await seeding;
  if (call.departure.hasLeft) throw new CallerGone();
  const violation = judge(call, windowMs);
  if (violation === null) return null;
  if (mode === 'observe') {
    noteViolation(call, violation);
    return null;
  }
  if (await wasTold(call, violation)) return null;
  const { record } = call;
  record.repeats = repeatsOf(violation);
  const served = mode === 'serve' ? servedAnswer(call, windowMs) : null;
  if (served !== null) {
    record.polling = 'served';
    return served;
  }
  if (mode === 'refuse') {
    record.polling = 'refused';
    throw refusal(call, 'polling_refused', tooSoon(call, violation));
  }
  record.polling = 'violation';
  return null;
}

/** The call was answered: it is what later ones repeat. Of two at the same time the second is a repeat as well. */
export function rememberPolling(call: Call): void {
  const windowMs = windowOf(call);
  const { resource, id } = call.record.start;
  if (windowMs === null || resource === null) return;
  const { state, record } = call;
  if (record.polling === null && record.repeats === null && record.error === null) {
    const violation = judge(call, windowMs);
    if (violation !== null) noteViolation(call, violation);
  }
  state.history = remember(state.history, { callId: id, resource, atMs: call.calling.ports.clock.now() });
}

function windowOf({ state, record, request }: Call): number | null {
  const { policy, profile } = state.config;
  if (policy.polling.mode === 'off' || record.start.resource === null || request.method !== 'GET') return null;
  return policy.polling.windowMs ?? profile.polling?.windowMs ?? null;
}

function judge(call: Call, windowMs: number): Violation | null {
  const { resource } = call.record.start;
  if (resource === null) return null;
  const { name: operation, subject } = call.operation;
  const nowMs = call.calling.ports.clock.now();
  const verdict = judgePolling(call.state.history, { resource, subject, operation }, windowMs, nowMs);
  return verdict.verdict === 'ok' ? null : verdict;
}

/** A violation, unless an event is found to have come in between: that may be known only after the answer. */
function noteViolation(call: Call, violation: Violation): void {
  const { record } = call;
  record.polling = 'violation';
  record.repeats = repeatsOf(violation);
  if (call.operation.subject === null || call.state.config.sourceIds.length === 0) return;
  call.pending = wasTold(call, violation).then((told) => {
    if (!told) return;
    record.polling = null;
    record.repeats = null;
  });
}

/** Whether a webhook about the subject came since the call that this one repeats. */
async function wasTold(call: Call, violation: Violation): Promise<boolean> {
  const { subject } = call.operation;
  const { teamId, sourceIds } = call.state.config;
  if (subject === null || sourceIds.length === 0) return false;
  const { ports } = call.calling;
  try {
    const sinceMs = ports.clock.now() - violation.agoMs;
    const toldAtMs = await ports.lastEventAt(teamId, sourceIds, subject, sinceMs);
    if (toldAtMs === null) return false;
    call.state.history = refresh(call.state.history, subject, toldAtMs);
    return true;
  } catch (error) {
    ports.onError('polling guard', error);
    return false;
  }
}

function repeatsOf({ callId, agoMs, pattern }: Violation): {
  callId: string;
  agoMs: number;
  pattern: Violation['pattern'];
} {
  return { callId, agoMs, pattern };
}

function tooSoon(call: Call, { callId, agoMs, waitMs, pattern }: Violation): Problem {
  const { title } = call.state.config.profile;
  const what =
    pattern === 'repeat' ? 'was called' : 'was listed, its members were fetched, and it would be listed again';
  const remedy =
    pattern === 'repeat'
      ? `Wait for a webhook of ${title} instead, or keep the first answer`
      : 'Keep the answer of the first list while its members are fetched';
  const detail = `The same resource ${what} ${Math.round(agoMs / 1000)} s ago (${callId}), which ${title} counts as polling. ${remedy}; the next call is due in ${Math.ceil(waitMs / 1000)} s.`;
  return new Problem('polling_refused', detail, { retryAfterSeconds: waitMs / 1000 });
}
