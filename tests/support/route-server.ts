import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastify, { type FastifyInstance, type FastifyPluginAsync } from 'fastify';
import { createValidatorCompiler } from '../../src/http/validation.ts';
import { Problem } from '../../src/problem.ts';

/** A server with some routes and nothing before them: whoever asks is the operator. */
export async function createRouteServer(...plugins: FastifyPluginAsync[]): Promise<FastifyInstance> {
  const app = fastify().withTypeProvider<TypeBoxTypeProvider>();
  app.setValidatorCompiler(createValidatorCompiler());
  app.decorateRequest('actor', null);
  app.addHook('onRequest', async (request) => {
    request.actor = { kind: 'operator' };
  });
  app.setErrorHandler((error, _request, reply) =>
    error instanceof Problem
      ? reply.code(error.status).send({ code: error.code, detail: error.message })
      : reply
          .code(error instanceof Error && 'validation' in error ? 400 : 500)
          .send({ code: 'other', detail: String(error) }),
  );
  for (const plugin of plugins) await app.register(plugin);
  return app;
}
