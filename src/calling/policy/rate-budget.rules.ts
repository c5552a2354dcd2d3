import type { Policy } from '../../connections/policy.ts';
import type { Budget, BudgetReading } from '../../providers/api-profile.ts';

type Slot = { startMs: number; count: number };

type BudgetUse = {
  windowMs: number;
  alignment: Budget['alignment'];
  /** What is published, what the operator set, and what the provider's headers said last. */
  publishedLimit: number;
  ownLimit: number | null;
  toldLimit: number | null;
  /** Calls by the slot that they went out in: of a window that slides the last ones, of the clock's the current one. */
  slots: readonly Slot[];
  /** The provider counts more than we do: at most `remaining` more until then. */
  ceiling: { remaining: number; sinceMs: number; untilMs: number } | null;
};

/** The budgets of one connection, by name. */
export type BudgetState = ReadonlyMap<string, BudgetUse>;

export type Taken =
  | {
      allowed: true;
      state: BudgetState /** In the scarcest of the budgets; null without any. */;
      remaining: number | null;
    }
  | { allowed: false; state: BudgetState; waitMs: number; budget: string };

/** A sliding window of before this process is read in this many parts, each counted as of its end. */
const partsPerWindow = 4;

/** A sliding window is counted in this many slots: a call counts for up to a slot longer than it must. */
const slotsPerWindow = 50;

/**
 * Budgets without use, or with what was used before when a connection's policy has changed.
 * @param limits the operator's: they replace published ones of the same name, others slide
 */
export function openBudgets(
  published: readonly Budget[],
  limits: Policy['budget']['limits'],
  before: BudgetState = new Map(),
): BudgetState {
  const state = new Map<string, BudgetUse>();
  const add = (name: string, use: Omit<BudgetUse, 'toldLimit' | 'slots' | 'ceiling'>): void => {
    const known = before.get(name);
    const goesOn = known?.windowMs === use.windowMs && known.alignment === use.alignment;
    const unused = { toldLimit: null, slots: [], ceiling: null };
    const used = goesOn ? { toldLimit: known.toldLimit, slots: known.slots, ceiling: known.ceiling } : unused;
    state.set(name, { ...use, ...used });
  };
  for (const { name, limit, windowMs, alignment } of published) {
    add(name, { windowMs, alignment, publishedLimit: limit, ownLimit: null });
  }
  for (const { name, limit, windowMs } of limits) {
    const same = published.find((each) => each.name === name && each.windowMs === windowMs);
    add(name, { windowMs, alignment: same?.alignment ?? 'sliding', publishedLimit: limit, ownLimit: limit });
  }
  return state;
}

/**
 * Takes one call from each of the budgets, or from none. Names without a budget count for nothing.
 * After `waitMs` there is room, unless others take it meanwhile.
 */
export function take(state: BudgetState, names: readonly string[], nowMs: number): Taken {
  const present = new Map(state);
  const after = new Map(state);
  let remaining: number | null = null;
  let blocked: { waitMs: number; budget: string } | null = null;
  for (const name of names) {
    const known = state.get(name);
    if (known === undefined) continue;
    const use = at(known, nowMs);
    const left = leftOf(use);
    if (left <= 0) {
      const waitMs = waitOf(use, nowMs);
      if (blocked === null || waitMs > blocked.waitMs) blocked = { waitMs, budget: name };
    } else if (remaining === null || left - 1 < remaining) remaining = left - 1;
    present.set(name, use);
    after.set(name, counted(use, nowMs, 1));
  }
  return blocked === null ? { allowed: true, state: after, remaining } : { allowed: false, state: present, ...blocked };
}

/** What still counts of each budget began at these moments, the newest first: parts of a window that slides. */
export function countedSince(state: BudgetState, nowMs: number): { name: string; sinceMs: number[] }[] {
  return [...state].map(([name, use]) => {
    if (use.alignment === 'clock') return { name, sinceMs: [slotStart(use, nowMs)] };
    const parts = Array.from({ length: partsPerWindow }, (_, index) => index + 1);
    return { name, sinceMs: parts.map((part) => nowMs - (use.windowMs * part) / partsPerWindow) };
  });
}

/** Counts calls that went out at a moment, whoever made them. */
export function countAlso(state: BudgetState, name: string, atMs: number, calls: number): BudgetState {
  const use = state.get(name);
  return use === undefined || calls <= 0 ? state : new Map(state).set(name, counted(use, atMs, calls));
}

/** A call that never went out gives back what it took at `takenAtMs`, as far as that window is still counted. */
export function giveBack(state: BudgetState, names: readonly string[], takenAtMs: number): BudgetState {
  const after = new Map(state);
  for (const name of names) {
    const use = state.get(name);
    if (use !== undefined) after.set(name, counted(use, takenAtMs, -1));
  }
  return after;
}

/**
 * Takes over what an answer says: a limit that it names replaces the published one, and goes below the operator's own;
 * what it says to be left counts when that is less than our own count says. A window that is over says nothing.
 */
export function learn(state: BudgetState, readings: readonly BudgetReading[], nowMs: number): BudgetState {
  if (readings.length === 0) return state;
  const after = new Map(state);
  for (const reading of readings) {
    const known = after.get(reading.budget);
    if (known !== undefined) after.set(reading.budget, learned(at(known, nowMs), reading, nowMs));
  }
  return after;
}

/** What is left of each budget, for people. */
export function remainingBudgets(
  state: BudgetState,
  nowMs: number,
): { name: string; limit: number; remaining: number; windowMs: number }[] {
  return [...state].map(([name, known]) => {
    const use = at(known, nowMs);
    return { name, limit: limitOf(use), remaining: Math.max(0, leftOf(use)), windowMs: use.windowMs };
  });
}

function limitOf({ publishedLimit, ownLimit, toldLimit }: BudgetUse): number {
  if (toldLimit === null) return ownLimit ?? publishedLimit;
  return ownLimit === null ? toldLimit : Math.min(ownLimit, toldLimit);
}

function leftOf(use: BudgetUse): number {
  const left = limitOf(use) - use.slots.reduce((sum, { count }) => sum + count, 0);
  return use.ceiling === null ? left : Math.min(left, use.ceiling.remaining);
}

function slotMsOf({ windowMs, alignment }: BudgetUse): number {
  return alignment === 'clock' ? windowMs : Math.max(1, windowMs / slotsPerWindow);
}

function slotStart(use: BudgetUse, atMs: number): number {
  const slotMs = slotMsOf(use);
  return Math.floor(atMs / slotMs) * slotMs;
}

/** When the calls of a slot no longer count. */
function slotEnd(use: BudgetUse, { startMs }: Slot): number {
  return startMs + slotMsOf(use) + (use.alignment === 'clock' ? 0 : use.windowMs);
}

/**
 * The use at a moment: without what is over. A clock that was set back leaves slots in the future; their calls move to
 * the present, so that they count for one window from now and no longer.
 */
function at(use: BudgetUse, nowMs: number): BudgetUse {
  const currentMs = slotStart(use, nowMs);
  const past = use.slots.filter((slot) => slot.startMs <= currentMs && slotEnd(use, slot) > nowMs);
  const future = use.slots.filter((slot) => slot.startMs > currentMs).reduce((sum, { count }) => sum + count, 0);
  const isBounding = use.ceiling !== null && nowMs < use.ceiling.untilMs && nowMs >= use.ceiling.sinceMs;
  const present = { ...use, slots: past, ceiling: isBounding ? use.ceiling : null };
  return future === 0 ? present : { ...present, slots: added(past, currentMs, future) };
}

function counted(use: BudgetUse, atMs: number, count: number): BudgetUse {
  const { ceiling } = use;
  const slots = added(use.slots, slotStart(use, atMs), count);
  if (ceiling === null || atMs < ceiling.sinceMs) return { ...use, slots };
  return { ...use, slots, ceiling: { ...ceiling, remaining: ceiling.remaining - count } };
}

function added(slots: readonly Slot[], startMs: number, count: number): Slot[] {
  const known = slots.some((slot) => slot.startMs === startMs);
  if (!known) return count > 0 ? [...slots, { startMs, count }] : [...slots];
  return slots.map((slot) => (slot.startMs === startMs ? { startMs, count: Math.max(0, slot.count + count) } : slot));
}

function waitOf(use: BudgetUse, nowMs: number): number {
  let readyMs = nowMs;
  const { ceiling } = use;
  if (ceiling !== null && ceiling.remaining <= 0) readyMs = ceiling.untilMs;
  let over = use.slots.reduce((sum, { count }) => sum + count, 0) - limitOf(use) + 1;
  for (const slot of use.slots.toSorted((one, other) => one.startMs - other.startMs)) {
    if (over <= 0) break;
    over -= slot.count;
    readyMs = Math.max(readyMs, slotEnd(use, slot));
  }
  // No slot can make room where the limit is below one.
  if (over > 0) readyMs = Math.max(readyMs, nowMs + use.windowMs);
  return Math.max(1, Math.ceil(readyMs - nowMs));
}

function learned(use: BudgetUse, reading: BudgetReading, nowMs: number): BudgetUse {
  const toldLimit = reading.limit !== null && reading.limit >= 1 ? reading.limit : use.toldLimit;
  const after = { ...use, toldLimit };
  const { remaining, resetAtMs } = reading;
  if (remaining === null || (resetAtMs !== null && resetAtMs <= nowMs)) return after;
  const windowEndMs = use.alignment === 'clock' ? slotStart(use, nowMs) + use.windowMs : nowMs + use.windowMs;
  const untilMs = resetAtMs ?? windowEndMs;
  const left = leftOf(after);
  const endsSooner = use.ceiling !== null && remaining === left && untilMs < use.ceiling.untilMs;
  return remaining < left || endsSooner ? { ...after, ceiling: { remaining, sinceMs: nowMs, untilMs } } : after;
}
