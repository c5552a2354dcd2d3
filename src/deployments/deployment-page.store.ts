import { uuidFromId } from '../ids/id.rules.ts';
import type { DeploymentPage } from './deployment.ts';

/** What a page of deployments, or of verifications, is read by: the end of the statement, and its values. */
export const pageOfTable = `WHERE team_id = $1 AND ($2::text IS NULL OR release = $2)
  AND ($3::text IS NULL OR environment = $3) AND ($4::uuid IS NULL OR id < $4) ORDER BY id DESC LIMIT $5`;

export function valuesOfPage({ teamId, release, environment, after, limit }: DeploymentPage): unknown[] {
  return [uuidFromId(teamId), release, environment, after === null ? null : uuidFromId(after), limit];
}
