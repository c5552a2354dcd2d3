import { isJsonObject, jsonTypeOf, pointerTo } from '../filtering/json.rules.ts';
import { closestTo } from '../filtering/suggestion.rules.ts';
import type { ProblemPointer } from '../problem.ts';
import type { OptionSpec, Options } from './provider-profile.ts';

const textMaxLength = 1_000;
const shownNameMaxLength = 60;

/** `options` has every option; the default stands in for each that was left out or cannot be used. */
export type ReadOptions = { ok: boolean; options: Options; problems: ProblemPointer[] };

/**
 * Reads a source's options as a caller gives them. Names that the profile does not have are refused, and every problem
 * is told at once.
 * @param input what JSON.parse gave; undefined is the same as no options
 * @param pointer where it stands in the caller's document, such as `/options`
 */
export function readOptions(specs: Readonly<Record<string, OptionSpec>>, input: unknown, pointer: string): ReadOptions {
  const given = input === undefined ? {} : input;
  const problems: ProblemPointer[] = [];
  if (!isJsonObject(given)) {
    const message = `must be an object of options, not ${jsonTypeOf(given)}`;
    return { ok: false, options: read(specs, {}), problems: [{ pointer, message }] };
  }
  const fitting: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    const spec = Object.hasOwn(specs, name) ? specs[name] : undefined;
    const message = spec === undefined ? unknownOption(name, Object.keys(specs)) : optionProblem(spec, value);
    if (message === null) fitting[name] = value;
    else problems.push({ pointer: pointerTo(pointer, shortened(name)), message });
  }
  return { ok: problems.length === 0, options: read(specs, fitting), problems };
}

/** What is wrong with a value, continuing "the option …"; null when it will do. Values are not quoted. */
export function optionProblem(spec: OptionSpec, value: unknown): string | null {
  switch (spec.kind) {
    case 'flag':
      return typeof value === 'boolean' ? null : `must be true or false, not ${jsonTypeOf(value)}`;
    case 'whole': {
      const fits =
        typeof value === 'number' && Number.isInteger(value) && value >= spec.minimum && value <= spec.maximum;
      return fits ? null : `must be a whole number from ${spec.minimum} to ${spec.maximum}`;
    }
    case 'choice':
      return typeof value === 'string' && spec.choices.includes(value)
        ? null
        : `must be one of ${spec.choices.join(', ')}${meantChoice(spec.choices, value)}`;
    case 'text':
      return textProblem(spec, value);
  }
}

function textProblem(spec: OptionSpec & { kind: 'text' }, value: unknown): string | null {
  if (typeof value !== 'string') return `must be a text, not ${jsonTypeOf(value)}`;
  const maxLength = spec.maxLength ?? textMaxLength;
  if (value.length > maxLength) return `must be at most ${maxLength} characters long; it has ${value.length}`;
  if (!value.isWellFormed() || /\p{Cc}/u.test(value)) return 'must be without line breaks and other control characters';
  if (spec.pattern === undefined || new RegExp(spec.pattern, 'u').test(value)) return null;
  const examples = spec.examples === undefined ? '' : `, such as ${spec.examples.join(' or ')}`;
  return `must match ${spec.pattern}${examples}`;
}

function unknownOption(name: string, known: readonly string[]): string {
  const meant = closestTo(name, known);
  if (meant !== undefined) return `is no option of this provider: did you mean ${meant}?`;
  return known.length === 0
    ? 'is no option of this provider: it has none'
    : `is no option of this provider: it has ${known.join(', ')}`;
}

function meantChoice(choices: readonly string[], value: unknown): string {
  const meant = typeof value === 'string' ? closestTo(value, choices) : undefined;
  return meant === undefined ? '' : `: did you mean ${meant}?`;
}

function shortened(name: string): string {
  return name.length > shownNameMaxLength ? `${name.slice(0, shownNameMaxLength)}…` : name;
}

function read(specs: Readonly<Record<string, OptionSpec>>, fitting: Record<string, unknown>): Options {
  const all = Object.entries(specs).map(([name, spec]) => [name, fitting[name] ?? spec.default]);
  return Object.fromEntries(all) as Options;
}
