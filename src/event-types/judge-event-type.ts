import { operationalEventTypes } from '../operations/operational-event-types.ts';
import { Problem, type ProblemPointer } from '../problem.ts';
import { compileSchema } from './compile-schema.ts';
import type { EventType, EventTypeSettings } from './event-type.store.ts';

export const operationalTypes: readonly EventType[] = operationalEventTypes
  .map((type): EventType => ({ ...type, operational: true, createdAt: null, updatedAt: null }))
  .toSorted((left, right) => (left.name < right.name ? -1 : 1));

/** @throws Problem invalid_schema, payload_schema_mismatch, with pointers into the request */
export function judgeSettings({ schema, example }: EventTypeSettings): void {
  if (schema === null) return;
  const compiled = compileSchema(schema);
  if (!compiled.ok) {
    const detail = 'The schema cannot be used; each error says where.';
    throw new Problem('invalid_schema', detail, { errors: under('/schema', compiled.problems) });
  }
  const mismatches = example === null ? null : compiled.validate(example);
  if (mismatches === null) return;
  throw new Problem('payload_schema_mismatch', 'The example does not match the schema.', {
    errors: under('/example', mismatches),
  });
}

/** @throws Problem conflict: operational types are not a team's to change */
export function refuseOperational(name: string): void {
  if (!name.startsWith('posthorn.')) return;
  throw new Problem('conflict', 'Event types that start with "posthorn." are Posthorn\'s own and cannot be changed.');
}

export function noSuchEventType(name: string): Problem {
  return new Problem('not_found', `There is no event type ${name}.`);
}

function under(prefix: string, problems: readonly ProblemPointer[]): ProblemPointer[] {
  return problems.map(({ pointer, message }) => ({ pointer: prefix + pointer, message }));
}
