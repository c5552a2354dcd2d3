import type { CallError } from '../../calls/call-ledger.ts';
import type { Policy } from '../../connections/policy.ts';

type BreakerPolicy = Policy['breaker'];
type Slot = { startMs: number; calls: number; failures: number };

/**
 * The breaker of a connection as an immutable value. closed: calls pass and are counted over a window that slides in
 * tenths; when at least `minimumCalls` ended in it and `failureRatio` of them failed, it opens. open: nothing passes
 * for `openMs`. half-open: one probe at a time; its success closes, its failure opens again.
 *
 * It is not the breaker of deliveries: a lane has one window after the other, counts attempts under way itself, and
 * opens for longer each time; calls overlap, so each has a pass that says which phase it belongs to, and a call that
 * ends after its phase counts for nothing.
 */
export type Circuit = { phase: number } & (
  | { state: 'closed'; slots: readonly Slot[] }
  | { state: 'open'; untilMs: number }
  | { state: 'half-open'; probing: boolean }
);

/** Handed in again when the call is over: `leaveCircuit` must be called for each. */
export type CircuitPass = { phase: number; isProbe: boolean };

/** `abandoned`: it tells nothing of the provider, such as a caller that went away, or a call that never went out. */
export type CircuitResult = 'succeeded' | 'failed' | 'abandoned';

/** Between a request and its answer, and the provider's or the way's: `local` and `blocked` are Posthorn's. */
export const networkErrors: ReadonlySet<CallError> = new Set(['dns', 'connect', 'tls', 'timeout', 'reset', 'http']);
const slotCount = 10;
/** For calls that come while a probe is under way: its end is not known. */
const probeWaitMs = 1_000;

export const closedCircuit: Circuit = { phase: 0, state: 'closed', slots: [] };

/** Asks to let a call out. `waitMs`: when to come back. */
export function enterCircuit(
  circuit: Circuit,
  policy: BreakerPolicy,
  nowMs: number,
): { allowed: true; circuit: Circuit; pass: CircuitPass } | { allowed: false; circuit: Circuit; waitMs: number } {
  const { phase } = circuit;
  if (circuit.state === 'closed') return { allowed: true, circuit, pass: { phase, isProbe: false } };
  if (circuit.state === 'open') {
    const waitMs = circuit.untilMs - nowMs;
    // Longer than it was opened for: the clock was set back.
    if (waitMs > 0 && waitMs <= policy.openMs) return { allowed: false, circuit, waitMs };
  } else if (circuit.probing) {
    return { allowed: false, circuit, waitMs: Math.min(policy.openMs, probeWaitMs) };
  }
  return { allowed: true, circuit: { phase, state: 'half-open', probing: true }, pass: { phase, isProbe: true } };
}

/** Counts a call that is over. */
export function leaveCircuit(
  circuit: Circuit,
  pass: CircuitPass,
  result: CircuitResult,
  policy: BreakerPolicy,
  nowMs: number,
): Circuit {
  const { phase } = circuit;
  if (pass.phase !== phase) return circuit;
  if (circuit.state === 'half-open') {
    if (!pass.isProbe) return circuit;
    if (result === 'abandoned') return { phase, state: 'half-open', probing: false };
    if (result === 'succeeded') return { phase: phase + 1, state: 'closed', slots: [] };
    return { phase: phase + 1, state: 'open', untilMs: nowMs + policy.openMs };
  }
  if (circuit.state === 'open' || result === 'abandoned') return circuit;
  const slots = counted(circuit.slots, result === 'failed', policy.windowMs, nowMs);
  let calls = 0;
  let failures = 0;
  for (const slot of slots) {
    calls += slot.calls;
    failures += slot.failures;
  }
  const opens = result === 'failed' && calls >= policy.minimumCalls && failures >= calls * policy.failureRatio;
  if (opens) return { phase: phase + 1, state: 'open', untilMs: nowMs + policy.openMs };
  return { phase, state: 'closed', slots };
}

/** What a call's end says of the provider. A 4xx is an answer, 429 too: that is what budgets are for. */
export function circuitResultOf(status: number | null, error: CallError | null): CircuitResult {
  if ((status !== null && status >= 500) || (error !== null && networkErrors.has(error))) return 'failed';
  return status === null ? 'abandoned' : 'succeeded';
}

function counted(slots: readonly Slot[], failed: boolean, windowMs: number, nowMs: number): Slot[] {
  const slotMs = Math.max(1, windowMs / slotCount);
  const startMs = Math.floor(nowMs / slotMs) * slotMs;
  const last = slots.at(-1);
  // What is too old went when this slot began.
  if (last?.startMs === startMs) return slots.with(-1, countedIn(last, failed));
  // Slots of the future come from a clock that was set back.
  const kept = slots.filter((slot) => slot.startMs > startMs - windowMs && slot.startMs < startMs);
  const current = slots.find((slot) => slot.startMs === startMs) ?? { startMs, calls: 0, failures: 0 };
  return [...kept, countedIn(current, failed)];
}

function countedIn({ startMs, calls, failures }: Slot, failed: boolean): Slot {
  return { startMs, calls: calls + 1, failures: failures + (failed ? 1 : 0) };
}
