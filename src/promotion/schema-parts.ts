import { type TSchema, Type } from 'typebox';

/** Text of at least one character, without U+0000, which PostgreSQL cannot store. */
export function Text(maxLength: number, options: { description?: string; examples?: string[] } = {}) {
  return Type.String({ minLength: 1, maxLength, pattern: '^[^\\u0000]*$', ...options });
}

/** An RFC 3339 time in UTC. */
export function Time(description?: string) {
  return Type.String({ format: 'date-time', ...(description === undefined ? {} : { description }) });
}

export function Nullable<Schema extends TSchema>(schema: Schema, options: { description?: string } = {}) {
  return Type.Union([schema, Type.Null()], options);
}
