import type pg from 'pg';
import { idFromUuid, idPrefixes, uuidFromId } from '../ids/id.rules.ts';
import type { DeploymentPage, Verification } from './deployment.ts';
import { pageOfTable, valuesOfPage } from './deployment-page.store.ts';

type Queryable = Pick<pg.Pool, 'query'>;

export async function insertVerification(
  database: Queryable,
  teamId: string,
  verification: Verification,
): Promise<void> {
  const { id, release, environment, exitCode, tookMs, lines, linesLeftOut, recordedBy, recordedAt } = verification;
  await database.query(
    `INSERT INTO verification (team_id, id, release, environment, exit_code, took_ms, lines, lines_left_out, recorded_by,
        recorded_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      uuidFromId(teamId),
      uuidFromId(id),
      release,
      environment,
      exitCode,
      tookMs,
      JSON.stringify(lines),
      linesLeftOut,
      recordedBy,
      recordedAt,
    ],
  );
}

/** Newest first. */
export async function listVerificationRows(database: Queryable, page: DeploymentPage): Promise<Verification[]> {
  const { rows } = await database.query<{
    id: string;
    release: string;
    environment: string;
    exit_code: number;
    took_ms: number;
    lines: Verification['lines'];
    lines_left_out: number;
    recorded_by: string;
    recorded_at: Date;
  }>(
    `SELECT id, release, environment, exit_code, took_ms, lines, lines_left_out, recorded_by, recorded_at FROM verification ${pageOfTable}`,
    valuesOfPage(page),
  );
  return rows.map((row) => ({
    id: idFromUuid(idPrefixes.verification, row.id),
    release: row.release,
    environment: row.environment,
    exitCode: row.exit_code,
    tookMs: row.took_ms,
    lines: row.lines,
    linesLeftOut: row.lines_left_out,
    recordedBy: row.recorded_by,
    recordedAt: row.recorded_at.toISOString(),
  }));
}
