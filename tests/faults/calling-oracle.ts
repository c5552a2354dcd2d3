import type { ShownCall } from './calling-parts.ts';

/** What is known of a call apart from the ledger. */
export type MadeCall = {
  path: string;
  /** What the caller was answered, whole; null when no answer came. */
  answered: number | null;
};

/**
 * Holds what is on record against what callers and the provider saw; each call has a path of its own. Every call that
 * reached the provider has to be there once, as ended or as unknown, with as many tries as the provider saw; what was
 * never made must not be there.
 * @param seen how often the provider got a request for a path
 * @returns what is wrong, in words
 */
export function auditCalls(
  made: readonly MadeCall[],
  seen: ReadonlyMap<string, number>,
  calls: readonly ShownCall[],
): string[] {
  const wrongs: string[] = [];
  const madeByPath = new Map(made.map((each) => [each.path, each]));
  const onRecord = new Map<string, ShownCall>();
  for (const call of calls) {
    const { path } = call;
    if (onRecord.has(path)) wrongs.push(`${path} is on record twice`);
    if (!madeByPath.has(path)) wrongs.push(`${path} is on record and was never made`);
    onRecord.set(path, call);
  }
  for (const path of seen.keys()) {
    if (!madeByPath.has(path)) wrongs.push(`${path} reached the provider and was never made`);
    if (!onRecord.has(path)) wrongs.push(`${path} reached the provider and is not on record`);
  }
  for (const { path, answered } of made) {
    const call = onRecord.get(path);
    // What Posthorn answers for itself is on record as far as the database answers: nobody waits for it.
    if (call !== undefined) wrongs.push(...wrongsOf(call, answered, seen.get(path) ?? 0));
    else if (answered !== null && answered < 500) wrongs.push(`${path} was answered ${answered} and is not on record`);
  }
  return wrongs;
}

function wrongsOf(call: ShownCall, answered: number | null, seenTimes: number): string[] {
  const { path, outcome, tryCount } = call;
  if (outcome === 'running') return [`${path} is on record as running, and nobody runs it`];
  if (outcome === 'unknown') return [];
  const wrongs: string[] = [];
  if (tryCount !== seenTimes) wrongs.push(`${path} has ${tryCount} tries on record, and the provider saw ${seenTimes}`);
  if (answered !== null && call.answered !== answered) {
    wrongs.push(`${path} was answered ${answered}, and ${call.answered} is on record`);
  }
  return wrongs;
}
