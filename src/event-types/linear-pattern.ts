import { RE2JS } from 're2js';

/** Steps (characters times the size of the pattern) that one validation may spend: about a tenth of a second. */
const mostSteps = 2_000_000;
const largestProgram = 500;

let steps = 0;

/** The patterns of a schema would take too long on this payload. */
export class PatternBudgetError extends Error {}

/** Called before each validation; validation is synchronous, so one counter is enough. */
export function openPatternBudget(): void {
  steps = 0;
}

/**
 * A regular expression of RE2, for ajv's `code.regExp`: linear in the text, with a bound on the work. Lookaround and
 * backreferences, which RE2 has not, are refused.
 * @throws when the pattern is not one that RE2 takes
 */
export function linearPattern(pattern: string): { test(text: string): boolean; toString(): string } {
  const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern));
  const size = compiled.programSize();
  if (size > largestProgram) throw new Error(`the pattern "${pattern.slice(0, 80)}" is too large`);
  return {
    // ajv tells patterns apart by their text.
    toString: () => pattern,
    test(text) {
      steps += text.length * size;
      if (steps > mostSteps) throw new PatternBudgetError();
      return compiled.test(text);
    },
  };
}
linearPattern.code = 'linearPattern';
