import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { checkReadiness, type ReadinessSources } from './check-readiness.ts';

const readinessSchema = Type.Object({
  ready: Type.Boolean(),
  checks: Type.Array(Type.Object({ name: Type.String(), ok: Type.Boolean(), detail: Type.String() })),
});

/** `/livez`: the process alone. `/readyz`: everything it depends on. `/metrics`: Prometheus. */
export function healthRoutes(options: {
  readiness: ReadinessSources;
  metrics: { contentType: string; metrics(): Promise<string> };
}) {
  return async (app: FastifyInstance): Promise<void> => {
    app.get(
      '/livez',
      {
        config: { permission: 'public' },
        exposeHeadRoute: true,
        schema: {
          summary: 'Is the process alive?',
          tags: ['Operations'],
          response: { 200: Type.Object({ alive: Type.Boolean() }) },
        },
      },
      (_request, reply) => {
        reply.send({ alive: true });
      },
    );

    app.get(
      '/readyz',
      {
        config: { permission: 'public' },
        exposeHeadRoute: true,
        schema: {
          summary: 'Can this node do its work now?',
          description:
            'Database, migrations, master key, node lease, recording of attempts, disk. 503 while one of them is not well; durability and row-level security are only told.',
          tags: ['Operations'],
          response: { 200: readinessSchema, 503: readinessSchema },
        },
      },
      async (_request, reply) => {
        const readiness = await checkReadiness(options.readiness);
        return reply
          .code(readiness.ready ? 200 : 503)
          .header('cache-control', 'no-store')
          .send(readiness);
      },
    );

    app.get(
      '/metrics',
      {
        config: { permission: 'public' },
        exposeHeadRoute: true,
        schema: { summary: 'Prometheus metrics', tags: ['Operations'], produces: ['text/plain'] },
      },
      async (_request, reply) => reply.type(options.metrics.contentType).send(await options.metrics.metrics()),
    );
  };
}
