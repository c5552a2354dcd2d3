import type { FieldPath, ValueTest } from './field-path.rules.ts';
import { someAt } from './field-path.rules.ts';

/**
 * What an operator demands of a field. `test` looks at one value; `spread` says that an array also counts as each of
 * its elements; `negated` turns the answer of the whole search round. `not` turns round several conditions at once.
 */
export type Condition =
  | { readonly kind: 'value'; readonly test: ValueTest; readonly spread: boolean; readonly negated: boolean }
  | { readonly kind: 'not'; readonly conditions: readonly Condition[] };

/** A decision over a whole document, or over one element of an array. Never throws. */
export type Predicate = (document: unknown) => boolean;

/** The condition as a predicate over the document in which `path` finds the field. */
export function conditionAt(path: FieldPath, condition: Condition): Predicate {
  if (condition.kind === 'not') {
    const inner = every(condition.conditions.map((one) => conditionAt(path, one)));
    return (document) => !inner(document);
  }
  const { test, spread, negated } = condition;
  if (negated) return (document) => !someAt(document, path, test, spread);
  return (document) => someAt(document, path, test, spread);
}

/** The condition as a predicate over one value alone, as `$elemMatch` applies it: arrays are not looked into. */
export function conditionOnElement(condition: Condition): Predicate {
  if (condition.kind === 'not') {
    const inner = every(condition.conditions.map(conditionOnElement));
    return (element) => !inner(element);
  }
  const { test, negated } = condition;
  return negated ? (element) => !test(element) : test;
}

export function every(predicates: readonly Predicate[]): Predicate {
  const [only] = predicates;
  if (only !== undefined && predicates.length === 1) return only;
  return (document) => {
    for (const predicate of predicates) if (!predicate(document)) return false;
    return true;
  };
}

export function some(predicates: readonly Predicate[]): Predicate {
  return (document) => {
    for (const predicate of predicates) if (predicate(document)) return true;
    return false;
  };
}
