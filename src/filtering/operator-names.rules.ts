import { closestTo } from './suggestion.rules.ts';
import { valueOperators } from './value-operators.rules.ts';

/** Operators that combine whole filters, and those that stand under a field name. */
export const groupOperators: readonly string[] = ['$and', '$or', '$nor'];
export const fieldOperators: readonly string[] = [...Object.keys(valueOperators), '$not', '$elemMatch'];

const leftOut: ReadonlyMap<string, string> = new Map([
  ['$regex', 'Regular expressions are left out because one can be made to run for ever: use $startsWith, $eq or $in.'],
  [
    '$options',
    'Regular expressions are left out because one can be made to run for ever: use $startsWith, $eq or $in.',
  ],
  ['$endsWith', '$endsWith is not part of the language: use $startsWith, $eq or $in.'],
  ['$contains', '$contains is not part of the language: for an array, write the value itself: {"tags": "urgent"}.'],
  ['$all', '$all is not part of the language: write one condition for each value inside $and.'],
  [
    '$type',
    '$type is not part of the language: comparisons only meet values of the same type, and $exists finds a field.',
  ],
  ['$mod', '$mod is not part of the language: use $in with the values meant.'],
  ['$where', '$where is not part of the language: a filter never runs code.'],
  ['$expr', '$expr is not part of the language: a field can only be compared with a value of the filter.'],
  ['$ref', '$ref is not part of the language: a field can only be compared with a value of the filter.'],
]);

/** Why `$name` cannot stand among the fields of a filter, and what would be right. */
export function misplacedInFilter(name: string): string {
  if (name === '$not') return '$not stands under a field name; to negate a whole filter write {"$nor": [{...}]}.';
  if (fieldOperators.includes(name)) return `${name} stands under a field name: {"field": {"${name}": ...}}.`;
  return unknownOperator(name, groupOperators);
}

/** Why `name` cannot stand among the operators of a field, and what would be right. */
export function misplacedUnderField(name: string): string {
  if (groupOperators.includes(name)) {
    return `${name} combines whole filters, so it stands outside the field: {"${name}": [{"field": ...}, ...]}.`;
  }
  if (name.startsWith('$')) return unknownOperator(name, fieldOperators);
  const meant = fieldOperators.find((known) => known.toLowerCase() === `$${name.toLowerCase()}`);
  if (meant !== undefined) return `"${name}" stands among operators: did you mean ${meant}?`;
  return `"${name}" is a field name among operators: for a nested field, join the names by a dot at the outer level.`;
}

function unknownOperator(name: string, here: readonly string[]): string {
  const explained = leftOut.get(name);
  if (explained !== undefined) return explained;
  const meant = closestTo(name, here) ?? closestTo(name, [...groupOperators, ...fieldOperators]);
  if (meant !== undefined) return `Unknown operator ${name.slice(0, 40)}: did you mean ${meant}?`;
  return `Unknown operator ${name.slice(0, 40)}: the operators here are ${here.join(', ')}.`;
}
