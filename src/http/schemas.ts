import { type TSchema, Type } from 'typebox';

/** Text of at least one character, without U+0000, which PostgreSQL cannot store. */
export function Text(maxLength: number, options: { description?: string; examples?: string[] } = {}) {
  return Type.String({ minLength: 1, maxLength, pattern: '^[^\\u0000]*$', ...options });
}

/** An RFC 3339 time in UTC, as Posthorn answers it. */
export function Time(description?: string) {
  return Type.String({ format: 'date-time', ...(description === undefined ? {} : { description }) });
}

export function Nullable<Schema extends TSchema>(schema: Schema, options: { description?: string } = {}) {
  return Type.Union([schema, Type.Null()], options);
}

/** A page of a list, as the contract has it. */
export function Page<Schema extends TSchema>(item: Schema) {
  return Type.Object({
    data: Type.Array(item),
    nextCursor: Nullable(Type.String(), { description: 'For the next page; null on the last one.' }),
  });
}

/** The body of an answer without content. */
export const NoContent = Type.Null({ description: 'Nothing to say.' });

export const TeamParams = Type.Object({
  team: Type.String({ description: 'The id of the team.', examples: ['team_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
});
