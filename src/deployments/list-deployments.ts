import type { Context } from '../context.ts';
import { readAsTeam } from '../database/read-as-team.ts';
import { requireTeam } from '../teams/require-team.ts';
import type { Deployment, DeploymentPage, Verification } from './deployment.ts';
import { listDeploymentRows } from './deployment.store.ts';
import { listVerificationRows } from './verification.store.ts';

/** What was put on record last comes first. @throws Problem not_found */
export async function listDeployments(ctx: Pick<Context, 'database'>, input: DeploymentPage): Promise<Deployment[]> {
  return readAsTeam(ctx.database, input.teamId, async (database) => {
    await requireTeam(database, input.teamId);
    return listDeploymentRows(database, input);
  });
}

/** Newest first. @throws Problem not_found */
export async function listVerifications(
  ctx: Pick<Context, 'database'>,
  input: DeploymentPage,
): Promise<Verification[]> {
  return readAsTeam(ctx.database, input.teamId, async (database) => {
    await requireTeam(database, input.teamId);
    return listVerificationRows(database, input);
  });
}
