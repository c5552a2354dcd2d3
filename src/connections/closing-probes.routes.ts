import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { type ContextServices, contextOf } from '../http/request-context.ts';
import { Page, TeamParams } from '../http/schemas.ts';
import type { ClosingProbe, CredentialProbe } from './closing-probe.ts';
import { describeProbe } from './closing-probe.rules.ts';
import { listClosingProbes } from './list-closing-probes.ts';
import { Nullable } from './nullable.ts';
import { runClosingProbes } from './run-closing-probes.ts';

const Params = Type.Object({
  ...TeamParams.properties,
  connection: Type.String({ examples: ['con_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
});
const time = Type.String({ format: 'date-time' });
const Probe = Type.Object({
  credential: Type.String({ examples: ['ccr_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
  name: Type.String({ examples: ['2026-11'] }),
  kind: Type.String({ examples: ['bearer'] }),
  environment: Type.Enum(['sandbox', 'production'], { description: 'Where it was used.', examples: ['production'] }),
  state: Type.Enum(['outstanding', 'refused', 'accepted', 'unanswered', 'in-use', 'not-probed'], {
    description: 'Of an outstanding one the value is kept, sealed; of all others it is destroyed.',
    examples: ['refused'],
  }),
  replacedAt: Type.String({ format: 'date-time', description: 'When it was removed, or its end was noticed.' }),
  tries: Type.Integer({ examples: [1] }),
  status: Nullable(Type.Integer(), { description: "The provider's, to the last read; null when no answer came." }),
  triedAt: Nullable(time),
  acceptedAt: Nullable(time, { description: 'When the provider last took it.' }),
  closedAt: Nullable(time),
  nextAt: Nullable(time, { description: 'When it is tried again.' }),
  says: Type.String({ description: 'What is known, and what to do.' }),
});
const Probes = Page(Probe);

/** The last reads with credentials that were removed from a connection, or have ended. */
export function closingProbeRoutes(options: {
  services: ContextServices;
  calling: { readonly probe: CredentialProbe };
  onError: (where: string, error: unknown) => void;
}) {
  return async (plain: FastifyInstance): Promise<void> => {
    const app = plain.withTypeProvider<TypeBoxTypeProvider>();
    const { services, calling, onError } = options;
    const url = '/v1/teams/:team/connections/:connection/closing-probes';
    const about = { tags: ['Connections'], params: Params, response: { 200: Probes } };

    app.get(
      url,
      {
        config: { permission: 'connections:read' },
        schema: {
          summary: 'List closing probes',
          description:
            'Credentials that were removed or have ended, newest first, and whether the provider refuses them by now.',
          ...about,
        },
      },
      async (request) => {
        const { team, connection } = request.params;
        return present(
          await listClosingProbes(contextOf(services, request), { teamId: team, connectionId: connection }),
        );
      },
    );

    app.post(
      url,
      {
        config: { permission: 'connections:write' },
        schema: {
          summary: 'Run closing probes',
          description:
            'Makes one harmless read with each removed credential that is outstanding, now. One that the provider refuses is destroyed.',
          ...about,
        },
      },
      async (request) => {
        const { team, connection } = request.params;
        const ctx = {
          ...contextOf(services, request),
          probe: calling.probe,
          onError: (error: unknown) => onError('closing probes', error),
        };
        return present(await runClosingProbes(ctx, { teamId: team, connectionId: connection }));
      },
    );
  };
}

function present(probes: readonly ClosingProbe[]) {
  const data = probes.map(({ id, because, ...probe }) => {
    const { state, status, tries, acceptedAt } = probe;
    const says = describeProbe({ state, because, status, tries, wasAccepted: acceptedAt !== null });
    return { credential: id, ...probe, says };
  });
  return { data, nextCursor: null };
}
