import { recordChange } from '../audit/record-change.ts';
import { findConnectionOrRefuse } from '../connections/find-or-refuse.ts';
import type { Context } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
import { idPrefixes } from '../ids/id.rules.ts';
import { actorName } from '../members/actor-name.rules.ts';
import { Problem } from '../problem.ts';
import { lockTeam } from '../teams/require-team.ts';
import { auditedDeployment } from './audited-fields.rules.ts';
import { problemOfBegin } from './begun-at.rules.ts';
import type { Deployment } from './deployment.ts';
import { insertDeployment } from './deployment.store.ts';

type NewDeployment = {
  teamId: string;
  release: string;
  environment: string;
  /** RFC 3339; left out: now. */
  startedAt?: string | undefined;
  /** Left out: of all that the team has. */
  connection?: string | undefined;
};

/** Puts on record that a release begins to be deployed. @throws Problem invalid_request, not_found */
export async function recordDeployment(ctx: Context, input: NewDeployment): Promise<Deployment> {
  const { teamId, release, environment, connection } = input;
  const nowMs = Math.floor(ctx.clock.now());
  const startedAtMs = input.startedAt === undefined ? nowMs : Date.parse(input.startedAt);
  const problem = problemOfBegin(startedAtMs, nowMs);
  if (problem !== null) {
    const detail = 'A deployment is put on record when it begins: leave `startedAt` out, or give when it did.';
    throw new Problem('invalid_request', detail, { errors: [problem] });
  }
  return inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    if (connection !== undefined) await findConnectionOrRefuse(ctx, client, teamId, connection);
    const deployment: Deployment = {
      id: ctx.ids.next(idPrefixes.deployment),
      release,
      environment,
      connectionId: connection ?? null,
      startedAt: new Date(startedAtMs).toISOString(),
      recordedBy: actorName(ctx.actor),
      recordedAt: new Date(nowMs).toISOString(),
    };
    await insertDeployment(client, teamId, deployment);
    await recordChange(ctx, client, {
      teamId,
      action: 'deployment.recorded',
      target: { kind: 'deployment', id: deployment.id },
      fields: auditedDeployment,
      after: { release, environment, connection: deployment.connectionId, startedAt: deployment.startedAt },
    });
    return deployment;
  });
}
