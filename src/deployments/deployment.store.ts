import type pg from 'pg';
import { idFromUuid, idPrefixes, uuidFromId } from '../ids/id.rules.ts';
import type { Deployment, DeploymentPage } from './deployment.ts';
import { pageOfTable, valuesOfPage } from './deployment-page.store.ts';

type Queryable = Pick<pg.Pool, 'query'>;

export async function insertDeployment(database: Queryable, teamId: string, deployment: Deployment): Promise<void> {
  const { id, release, environment, connectionId, startedAt, recordedBy, recordedAt } = deployment;
  await database.query(
    `INSERT INTO deployment (team_id, id, release, environment, connection_id, started_at, recorded_by, recorded_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      uuidFromId(teamId),
      uuidFromId(id),
      release,
      environment,
      connectionId === null ? null : uuidFromId(connectionId),
      startedAt,
      recordedBy,
      recordedAt,
    ],
  );
}

/** What was put on record last comes first. */
export async function listDeploymentRows(database: Queryable, page: DeploymentPage): Promise<Deployment[]> {
  const { rows } = await database.query<{
    id: string;
    release: string;
    environment: string;
    connection_id: string | null;
    started_at: Date;
    recorded_by: string;
    recorded_at: Date;
  }>(
    `SELECT id, release, environment, connection_id, started_at, recorded_by, recorded_at FROM deployment ${pageOfTable}`,
    valuesOfPage(page),
  );
  return rows.map((row) => ({
    id: idFromUuid(idPrefixes.deployment, row.id),
    release: row.release,
    environment: row.environment,
    connectionId: row.connection_id === null ? null : idFromUuid(idPrefixes.connection, row.connection_id),
    startedAt: row.started_at.toISOString(),
    recordedBy: row.recorded_by,
    recordedAt: row.recorded_at.toISOString(),
  }));
}
