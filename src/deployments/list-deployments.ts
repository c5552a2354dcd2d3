import type { Context } from '../context.ts';
import { requireTeam } from '../teams/require-team.ts';
import type { Deployment, DeploymentPage, Verification } from './deployment.ts';
import { listDeploymentRows } from './deployment.store.ts';
import { listVerificationRows } from './verification.store.ts';

/** What was put on record last comes first. @throws Problem not_found */
export async function listDeployments(ctx: Pick<Context, 'database'>, input: DeploymentPage): Promise<Deployment[]> {
  await requireTeam(ctx.database, input.teamId);
  return listDeploymentRows(ctx.database, input);
}

/** Newest first. @throws Problem not_found */
export async function listVerifications(
  ctx: Pick<Context, 'database'>,
  input: DeploymentPage,
): Promise<Verification[]> {
  await requireTeam(ctx.database, input.teamId);
  return listVerificationRows(ctx.database, input);
}
