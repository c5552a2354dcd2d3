import type { Fault } from '../people/fault.rules.ts';

const deepest = 6;
const mostLeaves = 50;
const comparisons = ['equals', 'below', 'atMost', 'above', 'atLeast'] as const;
const states: ReadonlySet<unknown> = new Set(['passed', 'failed', 'unknown', 'not-applicable', 'stale']);
const grammar = 'write {"all": []}, {"any": []}, {"not": {}}, {"check", "state"} or {"check", "value", "atLeast"}';

/** What is wrong with a rule as somebody wrote it: where, and how to mend it. Empty: it is a Rule. */
export function faultsOfRule(
  rule: unknown,
  pointer: string,
  /** The check whose rule it is, which it may not look at; and all there are. */
  checks: { own: string; has(checkId: string): boolean },
): Fault[] {
  const faults: Fault[] = [];
  let leaves = 0;
  const add = (at: string, message: string): void => {
    faults.push({ pointer: at, message });
  };

  const readParts = (parts: unknown, at: string, depth: number): void => {
    if (!Array.isArray(parts) || parts.length === 0) add(at, 'must be a list with at least one rule');
    else parts.forEach((part, index) => read(part, `${at}/${index}`, depth + 1));
  };
  const read = (node: unknown, at: string, depth: number): void => {
    if (depth > deepest) return add(at, `lies deeper than ${deepest}: write it flatter`);
    if (typeof node !== 'object' || node === null || Array.isArray(node)) return add(at, grammar);
    const names = Object.keys(node);
    const [only = ''] = names;
    const fields = node as Record<string, unknown>;
    if (names.length === 1 && (only === 'all' || only === 'any'))
      return readParts(fields[only], `${at}/${only}`, depth);
    if (names.length === 1 && only === 'not') return read(fields['not'], `${at}/not`, depth + 1);
    leaves += 1;
    readLeaf(fields, at);
  };
  const readLeaf = (fields: Record<string, unknown>, at: string): void => {
    const { check, state, value, ...rest } = fields;
    if (typeof check !== 'string') return add(at, grammar);
    if (check === checks.own) add(`${at}/check`, 'is this very check');
    else if (!checks.has(check)) add(`${at}/check`, 'is no check of the catalogue or of this team');
    if (state !== undefined) {
      if (!states.has(state)) add(`${at}/state`, `must be one of ${[...states].join(', ')}`);
      if (value !== undefined || Object.keys(rest).length > 0) add(at, 'compares a state, and nothing else with it');
      return;
    }
    if (typeof value !== 'string' || value === '') return add(at, 'names neither a state nor a value');
    const [name, ...others] = Object.keys(rest);
    const known = comparisons.find((each) => each === name);
    if (known === undefined || others.length > 0) return add(at, `needs one of ${comparisons.join(', ')}`);
    const than = rest[known];
    if (known !== 'equals' && typeof than !== 'number') add(`${at}/${known}`, 'must be a number');
    if (known === 'equals' && typeof than === 'object' && than !== null)
      add(`${at}/${known}`, 'must be a single value');
  };

  read(rule, pointer, 1);
  if (leaves > mostLeaves) add(pointer, `looks at ${leaves} things, and may at ${mostLeaves}`);
  return faults;
}
