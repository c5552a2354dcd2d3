import { compileSchema, type Validate } from './compile-schema.ts';

/** Compiled schemas, shared by all snapshots: a change to a team must not compile all its schemas again. */
export type SchemaCache = {
  /** Compiles on first use. A schema that no longer compiles refuses every value, and says so. */
  get(schema: unknown): Validate;
};

const mostSchemas = 2_000;

export function createSchemaCache(): SchemaCache {
  const compiled = new Map<string, Validate>();

  const compile = (text: string): Validate => {
    const known = compiled.get(text);
    if (known !== undefined) return known;
    const result = compileSchema(JSON.parse(text));
    const validate: Validate = result.ok
      ? result.validate
      : () => [{ pointer: '', message: 'cannot be validated: this release refuses the schema of its event type' }];
    compiled.set(text, validate);
    const oldest = compiled.size > mostSchemas ? compiled.keys().next().value : undefined;
    if (oldest !== undefined) compiled.delete(oldest);
    return validate;
  };

  return {
    get(schema) {
      const text = JSON.stringify(schema);
      let validate: Validate | null = null;
      return (value) => {
        validate ??= compile(text);
        return validate(value);
      };
    },
  };
}
