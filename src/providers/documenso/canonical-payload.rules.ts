/** A verified payload is not this deep; what is would end the call stack. */
const maxDepth = 200;
const maxShapes = 256;
const maxShapeChars = 4_096;

/** Objects of one kind come with the same keys in the same order, so their keys are sorted only once. */
type Shape = { keys: readonly string[]; sorted: readonly string[]; prefixes: readonly string[] };

/** By their first key. A memory of what was computed, never of what was received: it changes speed alone. */
const shapesByFirstKey = new Map<string, Shape[]>();
let shapeCount = 0;

/**
 * One text for all spellings of a JSON value, the order of object keys aside, and another text for any other value.
 * Lengths stand before strings, so that nothing needs escaping and nothing runs into one another. Numbers are what
 * JSON.parse makes of them.
 * @param value what JSON.parse gave.
 * @returns null when it is nested too deeply to be walked.
 */
export function canonicalText(value: unknown): string | null {
  const text = write(value, 0);
  if (text === null) return null;
  // Halves of surrogate pairs would all become the same replacement character on their way into a hash.
  return text.isWellFormed() ? text : JSON.stringify(text);
}

function write(value: unknown, depth: number): string | null {
  if (typeof value === 'string') return `"${value.length}:${value}`;
  if (typeof value === 'number') return `#${value},`;
  if (typeof value === 'boolean') return value ? 't' : 'f';
  if (typeof value !== 'object' || value === null) return 'n';
  if (depth === maxDepth) return null;
  return Array.isArray(value) ? writeArray(value, depth) : writeObject(value as Record<string, unknown>, depth);
}

function writeArray(elements: readonly unknown[], depth: number): string | null {
  let text = '[';
  for (const element of elements) {
    const written = write(element, depth + 1);
    if (written === null) return null;
    text += written;
  }
  return `${text}]`;
}

function writeObject(object: Record<string, unknown>, depth: number): string | null {
  const { sorted, prefixes } = shapeOf(Object.keys(object));
  let text = '{';
  for (const [index, key] of sorted.entries()) {
    const written = write(object[key], depth + 1);
    if (written === null) return null;
    text += (prefixes[index] ?? '') + written;
  }
  return `${text}}`;
}

function shapeOf(keys: readonly string[]): Shape {
  const firstKey = keys[0] ?? '';
  const known = shapesByFirstKey.get(firstKey);
  const found = known?.find((shape) => sameKeys(shape.keys, keys));
  if (found !== undefined) return found;

  const sorted = keys.toSorted();
  const shape = { keys, sorted, prefixes: sorted.map((key) => `${key.length}:${key}`) };
  if (keys.reduce((chars, key) => chars + key.length, keys.length) > maxShapeChars) return shape;
  if (shapeCount === maxShapes) {
    shapesByFirstKey.clear();
    shapeCount = 0;
  }
  shapesByFirstKey.set(firstKey, [...(shapesByFirstKey.get(firstKey) ?? []), shape]);
  shapeCount += 1;
  return shape;
}

function sameKeys(one: readonly string[], other: readonly string[]): boolean {
  if (one.length !== other.length) return false;
  for (let index = 0; index < one.length; index += 1) if (one[index] !== other[index]) return false;
  return true;
}
