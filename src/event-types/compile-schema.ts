import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { ProblemPointer } from '../problem.ts';
import { linearPattern, openPatternBudget, PatternBudgetError } from './linear-pattern.ts';
import { readSchema } from './schema-limits.rules.ts';

/** Null: the value fits. Ends at the first fault, so that a hostile payload cannot make it collect thousands. */
export type Validate = (value: unknown) => ProblemPointer[] | null;

export type CompiledSchema = { ok: true; validate: Validate } | { ok: false; problems: ProblemPointer[] };

/** Formats that are checked; others are annotations, as draft 2020-12 has it. */
const formats = ['date', 'time', 'date-time', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uri', 'uuid'] as const;

let ofSchemas: Ajv2020 | null = null;

/** What schemas themselves are held against: compiled once, since that takes longer than any of them. */
function metaSchema(): Ajv2020 {
  return (ofSchemas ??= new Ajv2020({ strict: false, logger: false }));
}

/** Compiles a JSON Schema (draft 2020-12) that a user gave, or says what is wrong with it and where. */
export function compileSchema(given: unknown): CompiledSchema {
  const { problems, schema } = readSchema(given);
  if (problems.length > 0) return { ok: false, problems };
  // One instance a schema: ajv keeps whatever it compiled for as long as it lives.
  const ajv = new Ajv2020({
    strictSchema: true,
    strictTypes: false,
    strictRequired: false,
    strictTuples: false,
    allowMatchingProperties: true,
    allErrors: false,
    logger: false,
    addUsedSchema: false,
    validateSchema: false,
    code: { regExp: linearPattern },
  });
  addFormats.default(ajv, { mode: 'fast', formats: [...formats] });
  ajv.addVocabulary(['example']);
  for (const name of otherFormats) ajv.addFormat(name, true);
  try {
    const meta = metaSchema();
    if (meta.validateSchema(schema as object) !== true)
      return { ok: false, problems: firstOfEachPlace(meta.errors ?? []) };
    return { ok: true, validate: guard(ajv.compile(schema as object)) };
  } catch (error) {
    return {
      ok: false,
      problems: [{ pointer: '', message: error instanceof Error ? error.message : 'cannot be compiled' }],
    };
  }
}

const otherFormats = [
  'idn-email',
  'idn-hostname',
  'iri',
  'iri-reference',
  'uri-reference',
  'uri-template',
  'json-pointer',
  'relative-json-pointer',
  'regex',
  'binary',
  'byte',
  'password',
  'int32',
  'int64',
  'float',
  'double',
];

function guard(validate: ValidateFunction): Validate {
  return (value) => {
    openPatternBudget();
    try {
      return validate(value) ? null : (validate.errors ?? []).slice(0, 20).map(toPointer);
    } catch (error) {
      if (!(error instanceof PatternBudgetError)) throw error;
      return [{ pointer: '', message: 'takes too long to match against the patterns of the schema' }];
    }
  };
}

/** The meta-schema is made of unions, which tell of one fault several times. */
function firstOfEachPlace(errors: readonly ErrorObject[]): ProblemPointer[] {
  const places = new Map<string, ProblemPointer>();
  for (const problem of errors.map(toPointer)) if (!places.has(problem.pointer)) places.set(problem.pointer, problem);
  return [...places.values()].slice(0, 20);
}

function toPointer(error: ErrorObject): ProblemPointer {
  const { additionalProperty, missingProperty, unevaluatedProperty } = error.params as Record<
    string,
    string | undefined
  >;
  const property = additionalProperty ?? unevaluatedProperty ?? missingProperty;
  const { allowedValues } = error.params as { allowedValues?: unknown[] };
  const message =
    allowedValues === undefined
      ? (error.message ?? 'does not fit the schema')
      : `must be one of ${JSON.stringify(allowedValues).slice(1, 300)}`.replace(/]$/, '');
  if (property === undefined) return { pointer: error.instancePath, message };
  const pointer = `${error.instancePath}/${property.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  return { pointer, message: missingProperty === undefined ? 'is not a known property' : 'is missing' };
}
