import type { Condition } from './conditions.rules.ts';
import type { ValueTest } from './field-path.rules.ts';
import { filterLimits } from './filter-limits.rules.ts';
import { jsonEquals, jsonTypeOf } from './json.rules.ts';

/** Builds the condition of one operator from its operand, or says in a sentence what the operand should be. */
type ValueOperator = (operand: unknown) => Condition | string;

/** The operators whose operand is a plain value. Those that hold conditions of their own are in filter.rules.ts. */
export const valueOperators: Readonly<Record<string, ValueOperator>> = {
  $eq: (operand) => anyValue(equalTo(operand)),
  $ne: (operand) => noValue(equalTo(operand)),
  $in: (operand) => listProblem('$in', operand) ?? anyValue(oneOf(operand as unknown[])),
  $nin: (operand) => listProblem('$nin', operand) ?? noValue(oneOf(operand as unknown[])),
  $gt: ordering('$gt', (value, bound) => value > bound),
  $gte: ordering('$gte', (value, bound) => value >= bound),
  $lt: ordering('$lt', (value, bound) => value < bound),
  $lte: ordering('$lte', (value, bound) => value <= bound),
  $exists: (operand) => {
    if (typeof operand !== 'boolean') return `$exists needs true or false, not ${jsonTypeOf(operand)}.`;
    return { kind: 'value', test: (value) => value !== undefined, spread: false, negated: !operand };
  },
  $size: (operand) => {
    if (typeof operand !== 'number' || !Number.isSafeInteger(operand) || operand < 0) {
      return '$size needs a whole number of elements, 0 or more.';
    }
    return wholeValue((value) => Array.isArray(value) && value.length === operand);
  },
  $startsWith: (operand) => {
    if (typeof operand !== 'string') return `$startsWith needs a string, not ${jsonTypeOf(operand)}.`;
    return anyValue((value) => typeof value === 'string' && value.startsWith(operand));
  },
};

/** The implicit equality of `{"field": value}`. */
export function equalityWith(operand: unknown): Condition {
  return anyValue(equalTo(operand));
}

function anyValue(test: ValueTest): Condition {
  return { kind: 'value', test, spread: true, negated: false };
}

function noValue(test: ValueTest): Condition {
  return { kind: 'value', test, spread: true, negated: true };
}

/** A condition on what stands at the path itself, an array included, and not on an array's elements. */
export function wholeValue(test: ValueTest): Condition {
  return { kind: 'value', test, spread: false, negated: false };
}

/** As in MongoDB, null also equals a field that is not there. */
function equalTo(operand: unknown): ValueTest {
  if (operand === null) return (value) => value === null || value === undefined;
  if (typeof operand !== 'object') return (value) => value === operand;
  return (value) => typeof value === 'object' && jsonEquals(operand, value);
}

function oneOf(operands: readonly unknown[]): ValueTest {
  const scalars = new Set(operands.filter((operand) => typeof operand !== 'object' || operand === null));
  const structures = operands.filter((operand) => typeof operand === 'object' && operand !== null);
  if (scalars.has(null)) scalars.add(undefined);
  if (structures.length === 0) return (value) => scalars.has(value);
  return (value) => {
    if (typeof value !== 'object' || value === null) return scalars.has(value);
    return structures.some((structure) => jsonEquals(structure, value));
  };
}

function listProblem(operator: string, operand: unknown): string | undefined {
  if (!Array.isArray(operand)) return `${operator} needs an array of values, not ${jsonTypeOf(operand)}.`;
  if (operand.length <= filterLimits.inValues) return undefined;
  return `${operator} has ${operand.length} values: at most ${filterLimits.inValues} are allowed.`;
}

/** Numbers compare with numbers and strings with strings, by UTF-16 code units; nothing else is ordered. */
function ordering(operator: string, holds: (value: number | string, bound: number | string) => boolean): ValueOperator {
  return (operand) => {
    if (typeof operand === 'number') return anyValue((value) => typeof value === 'number' && holds(value, operand));
    if (typeof operand === 'string') return anyValue((value) => typeof value === 'string' && holds(value, operand));
    return `${operator} needs a number or a string, not ${jsonTypeOf(operand)}.`;
  };
}
