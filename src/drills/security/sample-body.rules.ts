import type { JsonSchema } from './operations.rules.ts';
import type { Json } from '../stage.ts';

type Described = JsonSchema & {
  const?: Json;
  enum?: readonly Json[];
  examples?: readonly Json[];
  anyOf?: readonly Described[];
  items?: Described;
  minimum?: number;
  minItems?: number;
  format?: string;
};

/** A value that a schema takes, from its examples where it has some: what it requires, and nothing else. */
export function sampleOf(schema: JsonSchema): Json {
  const { const: only, enum: choices, examples, anyOf, items, minimum = 1, minItems = 0, format } = schema as Described;
  const given = only ?? choices?.[0] ?? examples?.[0];
  if (given !== undefined) return given;
  const [first] = anyOf ?? [];
  if (first !== undefined) return sampleOf(first);
  switch (schema.type ?? 'null') {
    case 'object': {
      const { properties = {}, required = [] } = schema;
      return Object.fromEntries(required.map((name) => [name, sampleOf(properties[name] ?? {})]));
    }
    case 'array':
      return Array.from({ length: minItems }, () => sampleOf(items ?? {}));
    case 'string':
      return format === 'date-time' ? '2026-01-01T00:00:00Z' : 'sample';
    case 'integer':
    case 'number':
      return minimum;
    case 'boolean':
      return true;
    default:
      return null;
  }
}

/** What an operation takes as its body, with one more field where nothing is required: a change of nothing is none. */
export function sampleBody(schema: JsonSchema): Json {
  const sample = sampleOf(schema);
  if (typeof sample !== 'object' || sample === null || Object.keys(sample).length > 0) return sample;
  const [name, first] = Object.entries(schema.properties ?? {})[0] ?? [];
  return name === undefined || first === undefined ? sample : { [name]: sampleOf(first) };
}
