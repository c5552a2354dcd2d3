/** A place in the log: a segment's sequence number and bytes from the file's beginning. */
export type Position = { sequence: number; offset: number };

/** Before the first record that was ever appended. */
export const origin: Position = { sequence: 0, offset: 0 };

/** What is known of a segment before its records are read; `previous` is null when its header is damaged. */
export type FoundSegment = { sequence: number; fileBytes: number; previous: Position | null };

export type RecoveryPlan = {
  /** Oldest first; `end` is null for one that no later segment tells the end of. */
  read: { sequence: number; end: number | null }[];
  /** Removed before, or nothing in it was ever acknowledged. */
  discard: number[];
  /** Segments that should be there, and how many bytes of them were not removed yet. */
  missing: { sequence: number; bytes: number }[];
};

/**
 * Decides what to read. Each segment names the one before it and where that ends: later bytes of that one, and segments
 * between the two, were written by appends that failed. Before the oldest segment nothing is missed unless it is certain
 * that `removed` says all that was removed.
 * @param found oldest first
 */
export function planRecovery(found: FoundSegment[], removed: Position, certain: boolean): RecoveryPlan {
  const plan: RecoveryPlan = { read: [], discard: [], missing: [] };
  let named: Position | null = null;
  for (const segment of found.toReversed()) {
    const { sequence } = segment;
    if (sequence < removed.sequence || (named !== null && sequence > named.sequence)) {
      plan.discard.unshift(sequence);
      continue;
    }
    if (named !== null && named.sequence > sequence) miss(plan, named, removed);
    plan.read.unshift({ sequence, end: named?.sequence === sequence ? named.offset : null });
    named = segment.previous;
  }
  if (certain && named !== null) miss(plan, named, removed);
  return plan;
}

function miss(plan: RecoveryPlan, named: Position, removed: Position): void {
  const from = named.sequence === removed.sequence ? removed.offset : 0;
  if (named.sequence < removed.sequence || named.offset <= from) return;
  plan.missing.unshift({ sequence: named.sequence, bytes: named.offset - from });
}
