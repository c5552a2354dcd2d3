import { isJsonObject, pointerTo } from './json.rules.ts';

/** What is wrong with a filter and where: `pointer` is an RFC 6901 JSON pointer into it. */
export type FilterProblem = { pointer: string; message: string };

/**
 * Bounds that keep one filter from costing more than an event is worth: a condition looks at each value of the
 * payload at most once, so `conditions` times the size of the payload is the worst that matching can cost.
 */
export const filterLimits = { depth: 16, nodes: 2000, conditions: 100, inValues: 1000, pathSegments: 32 } as const;

type Visit = { value: unknown; pointer: string; depth: number };

/** Problems of size and of values that JSON does not have. Walks without recursion, and ends at the node limit. */
export function limitProblems(filter: unknown): FilterProblem[] {
  const open: Visit[] = [{ value: filter, pointer: '', depth: 1 }];
  const problems: FilterProblem[] = [];
  let nodes = 0;
  for (let visit = open.pop(); visit !== undefined; visit = open.pop()) {
    const { value, pointer, depth } = visit;
    nodes += 1;
    if (nodes > filterLimits.nodes) {
      return [{ pointer: '', message: `The filter is too large: at most ${filterLimits.nodes} values are allowed.` }];
    }
    const notJson = jsonProblem(value);
    if (notJson !== undefined) problems.push({ pointer, message: notJson });
    if (typeof value !== 'object' || value === null) continue;
    if (depth > filterLimits.depth) {
      problems.push({ pointer, message: `Too deep: at most ${filterLimits.depth} levels are allowed.` });
      continue;
    }
    const room = filterLimits.nodes + 1 - nodes;
    const entries = Array.isArray(value) ? value.slice(0, room).entries() : Object.entries(value).slice(0, room);
    for (const [key, child] of entries) open.push({ value: child, pointer: pointerTo(pointer, key), depth: depth + 1 });
  }
  return problems;
}

function jsonProblem(value: unknown): string | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'A number must be finite.';
  if (Array.isArray(value)) return undefined;
  if (!isJsonObject(value)) return `A filter is JSON, which has no ${typeof value}.`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return undefined;
  return 'A filter is JSON: only plain objects, arrays, strings, numbers, booleans and null.';
}
