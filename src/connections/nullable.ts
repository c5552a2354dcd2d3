import { type TSchema, Type } from 'typebox';

/** The schema, or null. */
export function Nullable<Schema extends TSchema>(schema: Schema, options: { description?: string } = {}) {
  return Type.Union([schema, Type.Null()], options);
}
