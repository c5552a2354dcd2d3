import fc from 'fast-check';
import { Query } from 'mingo';
import { describe, expect, it } from 'vitest';
import { compileFilter } from './filter.rules.ts';
import { isJsonObject } from './json.rules.ts';

const name = fc.oneof({ arbitrary: fc.constant('a'), weight: 4 }, { arbitrary: fc.constantFrom('b', '0'), weight: 1 });
const path = fc.oneof(
  { arbitrary: name, weight: 3 },
  { arbitrary: fc.tuple(name, name).map((names) => names.join('.')), weight: 3 },
  { arbitrary: fc.tuple(name, name, name).map((names) => names.join('.')), weight: 1 },
);
const scalar = fc.constantFrom<unknown>(null, true, false, 0, 1, 2, '', 'x', 'xy', '1');
const comparable = fc.constantFrom<unknown>(0, 1, 2, '', 'x', '1');

/** Objects, plain values and, at most once on the way down, arrays: mingo flattens arrays of arrays by its own rules. */
const flat = fc.letrec<{ value: unknown; object: unknown }>((tie) => ({
  value: fc.oneof({ maxDepth: 2 }, scalar, tie('object')),
  object: fc.dictionary(name, tie('value'), { maxKeys: 3, noNullPrototype: true }),
}));
const documents = fc.letrec<{ value: unknown; object: Record<string, unknown> }>((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, scalar, tie('object'), fc.array(fc.oneof(scalar, flat.value), { maxLength: 3 })),
  object: fc.dictionary(name, tie('value'), { minKeys: 1, maxKeys: 3, noNullPrototype: true }),
}));

const operators = fc.letrec<{ one: Record<string, unknown>; all: Record<string, unknown> }>((tie) => ({
  one: fc.oneof(
    { maxDepth: 3 },
    fc.record({ $eq: documents.value }),
    fc.record({ $ne: documents.value }),
    fc.record({ $in: fc.array(flat.value, { maxLength: 3 }) }),
    fc.record({ $nin: fc.array(flat.value, { maxLength: 3 }) }),
    fc.record({ $gt: comparable }),
    fc.record({ $gte: comparable }),
    fc.record({ $lt: comparable }),
    fc.record({ $lte: comparable }),
    fc.record({ $exists: fc.boolean() }),
    fc.record({ $size: fc.nat({ max: 3 }) }),
    fc.record({ $not: tie('all') }),
    fc.record({ $elemMatch: tie('all') }),
    fc.record({ $elemMatch: fc.dictionary(path, tie('all'), { minKeys: 1, maxKeys: 2, noNullPrototype: true }) }),
  ),
  all: fc.tuple(tie('one'), tie('one')).map(([one, two]) => ({ ...one, ...two })),
}));

const filters = fc.letrec<{ filter: Record<string, unknown> }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 2 },
    fc.dictionary(path, fc.oneof(scalar, operators.all), { maxKeys: 2, noNullPrototype: true }),
    fc.record({ $and: fc.array(tie('filter'), { minLength: 1, maxLength: 2 }) }),
    fc.record({ $or: fc.array(tie('filter'), { minLength: 1, maxLength: 2 }) }),
    fc.record({ $nor: fc.array(tie('filter'), { minLength: 1, maxLength: 2 }) }),
  ),
}));

/**
 * Where mingo is known to leave MongoDB's rules and this language keeps to them:
 * - past an array on the way it gathers all values into one array, so that null, $exists, $size, $elemMatch and
 *   whole arrays are tested against that gathering and not against what stands in each element;
 * - $elemMatch with a filter takes a plain value in the array for the field asked for.
 */
function differsKnowingly(filter: unknown, document: unknown): boolean {
  if (!isJsonObject(filter)) return false;
  return Object.entries(filter).some(([key, operand]) => {
    if (key.startsWith('$')) return (operand as unknown[]).some((member) => differsKnowingly(member, document));
    return crossesArray(document, key.split('.')) ? testsWhole(operand) : elementsDiffer(operand, document, key);
  });
}

function crossesArray(document: unknown, names: readonly string[]): boolean {
  let value = document;
  for (const one of names) {
    if (Array.isArray(value) && one !== '0') return true;
    if (typeof value !== 'object' || value === null) return false;
    value = (value as Record<string, unknown>)[one];
  }
  return false;
}

function testsWhole(operand: unknown): boolean {
  if (!isJsonObject(operand)) return operand === null;
  return Object.entries(operand).some(([operator, value]) => {
    if (['$exists', '$size', '$elemMatch'].includes(operator)) return true;
    if (operator === '$not') return testsWhole(value);
    if (operator === '$in' || operator === '$nin') return (value as unknown[]).includes(null);
    return value === null || Array.isArray(value);
  });
}

function elementsDiffer(operand: unknown, document: unknown, key: string): boolean {
  if (!isJsonObject(operand)) return false;
  return Object.entries(operand).some(([operator, value]) => {
    if (operator === '$not') return elementsDiffer(value, document, key);
    if (operator !== '$elemMatch') return false;
    const elements = key
      .split('.')
      .reduce<unknown>((at, one) => (at as Record<string, unknown> | null)?.[one], document);
    if (!Array.isArray(elements)) return false;
    const onValues = Object.keys(value as object)[0]?.startsWith('$') === true;
    if (onValues) return elements.some((element) => elementsDiffer(value, { element }, 'element'));
    return elements.some((element) => !isJsonObject(element) || differsKnowingly(value, element));
  });
}

describe('the filter language', () => {
  it('decides as mingo does, an independent implementation of the MongoDB query language', () => {
    let compared = 0;
    let matched = 0;
    fc.assert(
      fc.property(filters.filter, documents.object, (filter, document) => {
        fc.pre(!differsKnowingly(filter, document));
        const compiled = compileFilter(filter);
        if (!compiled.ok) {
          fc.pre(!compiled.problems.every((problem) => problem.message.startsWith('Too deep')));
          throw new Error(JSON.stringify(compiled.problems));
        }
        compared += 1;
        const expected = new Query(filter).test(document);
        matched += expected ? 1 : 0;
        expect(compiled.matches(document)).toBe(expected);
      }),
      { numRuns: 8000 },
    );
    // Both answers must be common, or the property would say nothing.
    expect(matched / compared).toBeGreaterThan(0.1);
    expect(matched / compared).toBeLessThan(0.9);
  });

  it('decides $startsWith as the anchored regular expression that MongoDB would need', () => {
    fc.assert(
      fc.property(path, fc.constantFrom('', 'x', 'xy', '1'), documents.object, (field, prefix, document) => {
        const compiled = compileFilter({ [field]: { $startsWith: prefix } });
        const expected = new Query({ [field]: { $regex: new RegExp(`^${prefix}`) } }).test(document);
        expect(compiled.ok && compiled.matches(document)).toBe(expected);
      }),
      { numRuns: 1000 },
    );
  });
});

const anyKey = fc.oneof(
  fc.string({ maxLength: 6 }),
  path,
  fc.constantFrom('$and', '$or', '$nor', '$not', '$eq', '$in', '$nin', '$elemMatch', '$size', '$exists', '$gt', '$ne'),
  fc.constantFrom('__proto__', 'constructor', 'prototype', 'a.constructor', 'toString', '$toString', 'length', '$'),
);
const anyJson = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6 },
    fc.jsonValue(),
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(anyKey, tie('value')), { maxLength: 4 }).map((entries) => asParsed(entries)),
  ),
}));

/** As JSON.parse makes objects: `__proto__` becomes an own property. */
function asParsed(entries: [string, unknown][]): unknown {
  return JSON.parse(`{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`);
}

describe('compiling and matching', () => {
  it('never throw on any JSON, and always answer with problems or a decision', () => {
    fc.assert(
      fc.property(anyJson.value, anyJson.value, (filter, payload) => {
        const compiled = compileFilter(filter);
        const answers = compiled.ok
          ? typeof compiled.matches(payload) === 'boolean'
          : compiled.problems.every((problem) => resolves(filter, problem.pointer));
        expect(answers).toBe(true);
      }),
      { numRuns: 4000 },
    );
  });

  it('never throw on values that JSON does not have', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true }), (value) => {
        compileFilter(value);
        compileFilter({ a: { $in: [value] } });
        const compiled = compileFilter({ 'a.b': { $ne: { c: 1 } }, a: { $elemMatch: { $not: { $gt: 1 } } } });
        expect(compiled.ok && typeof compiled.matches(value)).toBe('boolean');
      }),
    );
  });
});

/** Whether an RFC 6901 pointer leads to something in the value. */
function resolves(root: unknown, pointer: string): boolean {
  let value = root;
  for (const token of pointer.split('/').slice(1)) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return false;
    value = (value as Record<string, unknown>)[key];
  }
  return true;
}
