import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { FastifyInstance, FastifySchemaCompiler } from 'fastify';

const common = { useDefaults: true, removeAdditional: false, allErrors: true, strict: false, logger: false } as const;

/** Bodies are taken as they are; only what stands in a URL, which has no types, is turned into numbers and booleans. */
export function createValidatorCompiler(): FastifySchemaCompiler<object> {
  const bodies = new Ajv2020({ ...common, coerceTypes: false });
  const urls = new Ajv2020({ ...common, coerceTypes: true });
  addFormats.default(bodies);
  addFormats.default(urls);
  return ({ schema, httpPart }) => (httpPart === 'body' ? bodies : urls).compile(schema);
}

/** JSON alone is parsed; anything else is refused unless a route brings a parser of its own. */
export function takeJsonOnly(app: FastifyInstance): void {
  app.removeContentTypeParser('text/plain');
}
