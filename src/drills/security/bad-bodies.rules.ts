import type { Json } from '../stage.ts';
import type { JsonSchema } from './operations.rules.ts';
import { sampleOf } from './sample-body.rules.ts';

/** A request that its route has to refuse, and what is wrong with it. `declaredBytes`: said to be so long, and not sent. */
export type BadRequest = {
  kind: string;
  text: string | Uint8Array;
  headers?: Readonly<Record<string, string>>;
  declaredBytes?: number;
};

const nestedLevels = 50_000;
const beyondEveryLimit = 64 * 1024 * 1024;

/** Something that is not of the type that a schema names; null where it takes anything. */
function wrongFor({ type }: JsonSchema): Json | null {
  if (type === 'string') return { not: 'a string' };
  if (type === 'object') return 'not an object';
  if (type === 'array') return 'not an array';
  return type === 'integer' || type === 'number' || type === 'boolean' ? 'neither' : null;
}

/** What is wrong for a schema of an object, one thing each. @param bomb gzip of far more than its size */
export function badRequests(schema: JsonSchema, bomb: Uint8Array): BadRequest[] {
  const { properties = {}, required = [], additionalProperties } = schema;
  const sample = sampleOf(schema) as { [name: string]: Json };
  const json = (kind: string, value: Json): BadRequest => ({ kind, text: JSON.stringify(value) });
  const requests: BadRequest[] = [
    { kind: 'JSON that is cut off', text: '{"name": "cut' },
    { kind: 'JSON nested deeply', text: '['.repeat(nestedLevels) + ']'.repeat(nestedLevels) },
    { kind: 'a body beyond the limit', text: '', declaredBytes: beyondEveryLimit },
    { kind: 'gzip that unpacks to a thousandfold', text: bomb, headers: { 'content-encoding': 'gzip' } },
  ];
  if (schema.type === 'object') requests.push(json('a wrong type', ['not', 'an', 'object']));
  if (required.length > 0) requests.push(json('missing fields', {}));
  if (additionalProperties === false) requests.push(json('an unknown field', { ...sample, drillUnknown: true }));
  for (const [name, property] of Object.entries(properties)) {
    const wrong = wrongFor(property);
    if (wrong === null) continue;
    requests.push(json('a field of a wrong type', { ...sample, [name]: wrong }));
    break;
  }
  for (const [name, { maxLength }] of Object.entries(properties)) {
    if (maxLength === undefined) continue;
    requests.push(json('a field that is too long', { ...sample, [name]: 'x'.repeat(maxLength + 1) }));
    break;
  }
  return requests;
}
