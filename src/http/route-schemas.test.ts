import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fastify from 'fastify';
import { describe, expect, test } from 'vitest';
import { registeredRoutes } from '../../tests/audit/route-table.ts';
import { createSerializerCompiler } from './serialization.ts';

/** Compiles at once what the server compiles when it is first needed. */
function compilingAtOnce() {
  // As the server has it: routes that answer HEAD say so.
  const app = fastify({ exposeHeadRoutes: false });
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  app.setValidatorCompiler(({ schema }) => ajv.compile(schema as object));
  return app;
}

describe('the schemas of routes', () => {
  test('can all be compiled: nobody would know before the first request that needs one', async () => {
    const app = compilingAtOnce();
    const routes = await registeredRoutes();
    expect(routes.length).toBeGreaterThan(100);
    for (const { method, url, schema } of routes) {
      for (const each of [method].flat()) if (!app.supportedMethods.includes(each)) app.addHttpMethod(each);
      if (schema !== undefined) app.route({ method, url, schema, handler: () => null });
    }
    await app.ready();
    await app.close();
  });

  test.each(['response', 'body'])('one that cannot be compiled is seen here: %s', async (part) => {
    const app = compilingAtOnce();
    const broken = { $ref: '#/$defs/absent' };
    app.post('/', { schema: part === 'body' ? { body: broken } : { response: { 200: broken } } }, () => null);
    await expect(app.ready().then(() => undefined)).rejects.toThrow(/absent/);
  });

  test('an answer holds what its schema names and nothing else, however often it is asked for', async () => {
    const app = fastify();
    app.setSerializerCompiler(await createSerializerCompiler());
    const schema = { response: { 200: { type: 'object', properties: { id: { type: 'string' } } } } };
    app.get('/', { schema }, () => ({ id: 'one', secret: 'whsec_' }));
    expect((await app.inject('/')).body).toBe('{"id":"one"}');
    expect((await app.inject('/')).body).toBe('{"id":"one"}');
    await app.close();
  });
});
