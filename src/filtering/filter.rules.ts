import type { Condition, Predicate } from './conditions.rules.ts';
import { conditionAt, conditionOnElement, every, some } from './conditions.rules.ts';
import { parseFieldPath } from './field-path.rules.ts';
import type { FilterProblem } from './filter-limits.rules.ts';
import { filterLimits, limitProblems } from './filter-limits.rules.ts';
import type { JsonObject } from './json.rules.ts';
import { isJsonObject, jsonTypeOf, pointerTo } from './json.rules.ts';
import { groupOperators, misplacedInFilter, misplacedUnderField } from './operator-names.rules.ts';
import { equalityWith, valueOperators, wholeValue } from './value-operators.rules.ts';

/** A filter made ready once, or everything that is wrong with it. `matches` never throws and keeps no state. */
export type CompiledFilter =
  | { ok: true; matches(payload: unknown): boolean }
  | { ok: false; problems: FilterProblem[] };

type Findings = { problems: FilterProblem[]; conditions: number };

/**
 * Compiles an endpoint's filter: the subset of MongoDB's query language that docs/filters.md describes. Reports
 * every problem at once. A payload that is no object or array has no fields, so only conditions that a missing
 * field meets can match it.
 */
export function compileFilter(filter: unknown): CompiledFilter {
  const tooMuch = limitProblems(filter);
  if (tooMuch.length > 0) return { ok: false, problems: tooMuch };
  const findings: Findings = { problems: [], conditions: 0 };
  // A copy, so that a caller who changes the filter later does not change what was compiled.
  const matches = compileDocument(structuredClone(filter), '', findings);
  if (findings.conditions > filterLimits.conditions) {
    const message = `The filter has ${findings.conditions} conditions: at most ${filterLimits.conditions} are allowed.`;
    findings.problems.push({ pointer: '', message });
  }
  return findings.problems.length > 0 ? { ok: false, problems: findings.problems } : { ok: true, matches };
}

function compileDocument(filter: unknown, pointer: string, findings: Findings): Predicate {
  if (!isJsonObject(filter)) {
    return refuse(findings, pointer, `A filter is an object such as {"status": "paid"}, not ${jsonTypeOf(filter)}.`);
  }
  return every(
    Object.entries(filter).map(([key, operand]) => {
      const here = pointerTo(pointer, key);
      if (groupOperators.includes(key)) return compileGroup(key, operand, here, findings);
      if (key.startsWith('$')) return refuse(findings, here, misplacedInFilter(key));
      return compileField(key, operand, here, findings);
    }),
  );
}

function compileGroup(operator: string, operand: unknown, pointer: string, findings: Findings): Predicate {
  if (!Array.isArray(operand) || operand.length === 0) {
    return refuse(findings, pointer, `${operator} needs an array of one or more filters: {"${operator}": [{...}]}.`);
  }
  const members = operand.map((member, index) => compileDocument(member, pointerTo(pointer, index), findings));
  if (operator === '$and') return every(members);
  const any = some(members);
  return operator === '$or' ? any : (document) => !any(document);
}

function compileField(name: string, operand: unknown, pointer: string, findings: Findings): Predicate {
  const path = parseFieldPath(name);
  if (typeof path === 'string') refuse(findings, pointer, path);
  const conditions = fieldConditions(operand, pointer, findings);
  if (typeof path === 'string') return never;
  return every(conditions.map((condition) => conditionAt(path, condition)));
}

function fieldConditions(operand: unknown, pointer: string, findings: Findings): Condition[] {
  if (isJsonObject(operand) && hasOperator(operand)) return operatorConditions(operand, pointer, findings);
  findings.conditions += 1;
  refuseHiddenOperators(operand, pointer, findings);
  return [equalityWith(operand)];
}

function operatorConditions(operators: JsonObject, pointer: string, findings: Findings): Condition[] {
  const conditions: Condition[] = [];
  for (const [name, operand] of Object.entries(operators)) {
    const here = pointerTo(pointer, name);
    findings.conditions += costOf(name, operand);
    if (name === '$not') conditions.push(compileNot(operand, here, findings));
    else if (name === '$elemMatch') conditions.push(compileElemMatch(operand, here, findings));
    else if (Object.hasOwn(valueOperators, name)) {
      const condition = valueOperators[name]?.(operand) ?? misplacedUnderField(name);
      if (typeof condition === 'string') refuse(findings, here, condition);
      else conditions.push(condition);
    } else refuse(findings, here, misplacedUnderField(name));
  }
  return conditions;
}

/** Plain values of a list are one lookup; each object or array in it is compared on its own. */
function costOf(operator: string, operand: unknown): number {
  if ((operator !== '$in' && operator !== '$nin') || !Array.isArray(operand)) return 1;
  return 1 + operand.filter((value) => typeof value === 'object' && value !== null).length;
}

function compileNot(operand: unknown, pointer: string, findings: Findings): Condition {
  if (!isJsonObject(operand) || !hasOperator(operand)) {
    const message = '$not needs an object of operators, such as {"$not": {"$gt": 5}}; for a plain value use $ne.';
    refuse(findings, pointer, message);
    return { kind: 'not', conditions: [] };
  }
  return { kind: 'not', conditions: operatorConditions(operand, pointer, findings) };
}

/** One element must meet everything: operators test the element itself, a filter tests the fields of an object. */
function compileElemMatch(operand: unknown, pointer: string, findings: Findings): Condition {
  if (!isJsonObject(operand) || Object.keys(operand).length === 0) {
    const message =
      '$elemMatch needs conditions on one element: {"sku": "A"} for objects, {"$gt": 5} for plain values.';
    return wholeValue(refuse(findings, pointer, message));
  }
  const onValues = Object.keys(operand).some((key) => key.startsWith('$') && !groupOperators.includes(key));
  if (onValues) {
    const test = every(operatorConditions(operand, pointer, findings).map(conditionOnElement));
    return wholeValue((value) => Array.isArray(value) && value.some(test));
  }
  const test = compileDocument(operand, pointer, findings);
  return wholeValue((value) => Array.isArray(value) && value.some((element) => isJsonObject(element) && test(element)));
}

/** `{"a": {"b": {"$gt": 5}}}` means the dotted path; as an exact value it would silently never match. */
function refuseHiddenOperators(value: unknown, pointer: string, findings: Findings): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    const here = pointerTo(pointer, key);
    if (!Array.isArray(value) && key.startsWith('$')) {
      const message = `${key.slice(0, 40)} stands inside a value that is compared as a whole: write the path with dots`;
      refuse(findings, here, `${message}, {"customer.age": {"$gt": 5}}, or wrap the value in $eq if it is meant.`);
    } else refuseHiddenOperators(child, here, findings);
  }
}

function hasOperator(value: JsonObject): boolean {
  return Object.keys(value).some((key) => key.startsWith('$'));
}

function refuse(findings: Findings, pointer: string, message: string): Predicate {
  findings.problems.push({ pointer, message });
  return never;
}

function never(): boolean {
  return false;
}
