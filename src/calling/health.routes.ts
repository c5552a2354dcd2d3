import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { callErrors, type CallError } from '../calls/call-ledger.ts';
import type { ConnectionConfig, ConnectionDirectory } from '../connections/connection-config.ts';
import { Problem } from '../problem.ts';
import { findApiProfile } from '../providers/api-registry.ts';
import type { Calls } from './create-calling.ts';

const Moment = Type.Union([Type.String({ format: 'date-time' }), Type.Null()]);

const HealthSchema = Type.Object({
  provider: Type.String(),
  title: Type.String(),
  connections: Type.Array(
    Type.Object({
      id: Type.String(),
      teamId: Type.String(),
      name: Type.String(),
      environment: Type.Union([Type.Literal('sandbox'), Type.Literal('production')]),
      status: Type.Union([Type.Literal('active'), Type.Literal('paused')]),
      breaker: Type.Union([Type.Literal('closed'), Type.Literal('open'), Type.Literal('half-open')]),
      lastSuccessAt: Moment,
      lastError: Type.Union([
        Type.Object({
          error: Type.Unsafe<CallError>({ type: 'string', enum: [...callErrors] }),
          at: Type.String({ format: 'date-time' }),
        }),
        Type.Null(),
      ]),
      underWay: Type.Integer({ description: 'Calls through it now.' }),
      waiting: Type.Integer({ description: 'Calls that wait for a turn.' }),
      budgets: Type.Array(
        Type.Object({
          name: Type.String(),
          limit: Type.Integer(),
          remaining: Type.Integer(),
          windowSeconds: Type.Number(),
        }),
      ),
      told: Type.Array(
        Type.Object({
          budgets: Type.Array(Type.String(), { description: 'Whose calls it holds for; empty for those of none.' }),
          remaining: Type.Union([Type.Integer(), Type.Null()]),
          heldUntil: Moment,
        }),
        { description: 'What answers told of limits, while it holds: what is left, and until when no call goes out.' },
      ),
    }),
  ),
});

/** How a provider's connections are, of the key's team; of all teams for the operator. */
export function providerHealthRoutes(options: {
  calling: Calls;
  directory: ConnectionDirectory;
}): FastifyPluginAsyncTypebox {
  const { calling, directory } = options;

  const present = (connection: ConnectionConfig) => {
    const { id, teamId, name, environment, status } = connection;
    const health = calling.health(connection);
    const { lastFailure } = health;
    return {
      id,
      teamId,
      name,
      environment,
      status,
      breaker: health.breaker,
      lastSuccessAt: health.lastSuccessAtMs === null ? null : timeText(health.lastSuccessAtMs),
      lastError: lastFailure === null ? null : { error: lastFailure.error, at: timeText(lastFailure.atMs) },
      underWay: health.underWay,
      waiting: health.waiting,
      budgets: health.budgets.map(({ windowMs, ...budget }) => ({ ...budget, windowSeconds: windowMs / 1000 })),
      told: health.told.map(({ heldUntilMs, ...told }) => ({
        ...told,
        heldUntil: heldUntilMs === null ? null : timeText(heldUntilMs),
      })),
    };
  };

  return async (app) => {
    app.get(
      '/health/:provider',
      {
        config: { permission: 'calls:read', teamOfKey: true },
        schema: {
          summary: 'Show how a provider is',
          description:
            'The connections of the team to one provider, as this node sees them: breaker, last success and last error since it started, what is left of each budget, and what answers told of limits. The operator sees those of every team.',
          tags: ['Operations'],
          params: Type.Object({ provider: Type.String() }),
          response: { 200: HealthSchema },
        },
      },
      async (request, reply) => {
        const profile = findApiProfile(request.params.provider);
        if (profile === null) throw new Problem('not_found', 'There is no such provider.');
        const { actor } = request;
        const connections: ConnectionConfig[] = [];
        for (const connection of directory.all()) {
          const isVisible = actor?.kind === 'operator' || connection.teamId === actor?.teamId;
          if (isVisible && connection.profile.name === profile.name) connections.push(connection);
        }
        const answer = { provider: profile.name, title: profile.title, connections: connections.map(present) };
        return reply.header('cache-control', 'no-store').send(answer);
      },
    );
  };
}

function timeText(atMs: number): string {
  return new Date(atMs).toISOString();
}
