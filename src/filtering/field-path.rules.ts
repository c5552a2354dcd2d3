import { filterLimits } from './filter-limits.rules.ts';

/** A dotted path, split once: `indexes[i]` is the array index that `names[i]` spells, or -1. */
export type FieldPath = { readonly names: readonly string[]; readonly indexes: readonly number[] };

/** A test of one value; `undefined` stands for a field that is not there. Never throws. */
export type ValueTest = (value: unknown) => boolean;

const canonicalIndex = /^(?:0|[1-9]\d{0,8})$/;

/** Splits a dotted path, or says in a sentence what is wrong with it. */
export function parseFieldPath(text: string): FieldPath | string {
  const names = text.split('.');
  const shown = text.length > 60 ? `${text.slice(0, 60)}...` : text;
  if (names.length > filterLimits.pathSegments) {
    return `The path "${shown}" has ${names.length} parts: at most ${filterLimits.pathSegments} are allowed.`;
  }
  if (names.includes('')) {
    return `"${shown}" has an empty part: write field names joined by single dots, such as "customer.country".`;
  }
  // The server's JSON parser refuses this key, so that no payload can hold it.
  if (names.includes('__proto__')) return `"${shown}" names "__proto__", which no payload can hold.`;
  if (names.some((name) => name.startsWith('$'))) {
    return `"${shown}" has a part that starts with "$": field names do not, and operators stand under a field.`;
  }
  return { names, indexes: names.map((name) => (canonicalIndex.test(name) ? Number(name) : -1)) };
}

/**
 * Whether any value that the path leads to passes the test. As in MongoDB, a name meets every object of an array on
 * the way, a number picks one element, and with `spread` an array at the end counts as itself and as each element.
 * A number never means a key of an array's objects: that double meaning would make matching exponential.
 */
export function someAt(root: unknown, path: FieldPath, test: ValueTest, spread: boolean): boolean {
  return someFrom(root, path, 0, test, spread);
}

function someFrom(start: unknown, path: FieldPath, from: number, test: ValueTest, spread: boolean): boolean {
  const { names, indexes } = path;
  let value = start;
  for (let depth = from; depth < names.length; depth++) {
    if (typeof value !== 'object' || value === null) return test(undefined);
    if (Array.isArray(value)) {
      const index = indexes[depth] as number;
      if (index === -1) return someElementFrom(value, path, depth, test, spread);
      value = value[index];
    } else {
      const name = names[depth] as string;
      if (!Object.hasOwn(value, name)) return test(undefined);
      value = (value as Record<string, unknown>)[name];
    }
  }
  if (test(value)) return true;
  return spread && Array.isArray(value) && value.some(test);
}

/** Arrays directly inside arrays, and elements that are no objects, have no fields and are passed over. */
function someElementFrom(
  elements: readonly unknown[],
  path: FieldPath,
  depth: number,
  test: ValueTest,
  spread: boolean,
): boolean {
  for (const element of elements) {
    if (typeof element !== 'object' || element === null || Array.isArray(element)) continue;
    if (someFrom(element, path, depth, test, spread)) return true;
  }
  return false;
}
