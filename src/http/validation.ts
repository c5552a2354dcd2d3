import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { FastifyInstance, FastifySchemaCompiler } from 'fastify';

const common = { useDefaults: true, removeAdditional: false, allErrors: true, strict: false, logger: false } as const;

/**
 * Bodies are taken as they are; only what stands in a URL, which has no types, is turned into numbers and booleans. A schema is
 * compiled when it is first needed: all of them together take half a second of every start.
 */
export function createValidatorCompiler(): FastifySchemaCompiler<object> {
  const bodies = new Ajv2020({ ...common, coerceTypes: false });
  const urls = new Ajv2020({ ...common, coerceTypes: true });
  addFormats.default(bodies);
  addFormats.default(urls);
  return ({ schema, httpPart }) => {
    const ajv = httpPart === 'body' ? bodies : urls;
    let compiled: ValidateFunction | null = null;
    const validate: LazyValidator = (data) => {
      compiled ??= ajv.compile(schema);
      const isValid = compiled(data);
      validate.errors = compiled.errors ?? null;
      return isValid;
    };
    return validate;
  };
}

/** Fastify reads `errors` of what it called. */
type LazyValidator = { (data: unknown): boolean; errors?: Exclude<ValidateFunction['errors'], undefined> };

/** JSON alone is parsed; anything else is refused unless a route brings a parser of its own. */
export function takeJsonOnly(app: FastifyInstance): void {
  app.removeContentTypeParser('text/plain');
}
