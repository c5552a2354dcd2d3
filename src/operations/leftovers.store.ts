import type pg from 'pg';

const batchRows = 5_000;
const cancelBatch = 500;

/** Idempotency and dedupe keys that have ended. @returns how many were deleted; call again after a full batch. */
export async function deleteOldIdempotencyKeys(pool: pg.Pool): Promise<{ deleted: number; more: boolean }> {
  const { rowCount } = await pool.query(
    `DELETE FROM idempotency WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM idempotency WHERE expires_at < now() ORDER BY expires_at LIMIT $1))`,
    [batchRows],
  );
  return { deleted: rowCount ?? 0, more: rowCount === batchRows };
}

/**
 * Rejections that are older than their team keeps its history, and than 30 days at most: they hold addresses of senders.
 * @returns how many were deleted; call again after a full batch.
 */
export async function deleteOldRejections(pool: pg.Pool): Promise<{ deleted: number; more: boolean }> {
  const { rowCount } = await pool.query(
    `DELETE FROM source_rejection WHERE ctid = ANY (ARRAY(
      SELECT r.ctid FROM team t JOIN source_rejection r ON r.team_id = t.id
        AND r.minute < now() - make_interval(days => least(t.retention_days, 30)) LIMIT $1))`,
    [batchRows],
  );
  return { deleted: rowCount ?? 0, more: rowCount === batchRows };
}

/** Cancels what still waits for endpoints that were deleted, a batch at a time. */
export async function cancelForDeletedEndpoints(pool: pg.Pool): Promise<{ cancelled: number; more: boolean }> {
  const waiting = await pool.query<{ team_id: string; ids: string[] }>(
    `SELECT w.team_id, array_agg(DISTINCT w.delivery_id) AS ids FROM (
       SELECT p.team_id, x.delivery_id FROM endpoint p CROSS JOIN LATERAL (
         (SELECT q.delivery_id FROM delivery_queue q
           WHERE q.endpoint_id = p.id AND q.claimed_by IS NULL AND NOT q.blocked LIMIT $1)
         UNION ALL
         (SELECT q.delivery_id FROM delivery_queue q
           WHERE q.endpoint_id = p.id AND q.ordering_key IS NOT NULL AND q.claimed_by IS NULL LIMIT $1)) x
         WHERE p.deleted_at IS NOT NULL LIMIT $1) w
     GROUP BY w.team_id`,
    [cancelBatch],
  );
  let cancelled = 0;
  for (const { team_id: team, ids } of waiting.rows) {
    const { rows } = await pool.query<{ count: number }>(
      'SELECT cardinality(cancel_deliveries($1, $2::uuid[])) AS count',
      [team, ids],
    );
    cancelled += rows[0]?.count ?? 0;
  }
  return { cancelled, more: cancelled > 0 };
}

/** Teams deleted more than an hour ago (by uuid): by then no node has anything of theirs in memory. */
export async function listDeletedTeams(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(`SELECT id FROM team WHERE deleted_at < now() - interval '1 hour'`);
  return rows.map((row) => row.id);
}

/**
 * Every table that holds rows of teams, partitions one by one: read from the catalogue, so that none is forgotten. But for
 * the audit log, which outlives its teams.
 */
export async function listTenantTables(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
      WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attname = 'team_id' AND NOT a.attisdropped
        AND c.relname NOT LIKE 'audit\\_%' ORDER BY 1`,
  );
  return rows.map((row) => row.name);
}

export async function deleteTeamRows(
  pool: pg.Pool,
  table: string,
  team: string,
): Promise<{ deleted: number; more: boolean }> {
  const { rowCount } = await pool.query(
    `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${table} WHERE team_id = $1 LIMIT $2))`,
    [team, batchRows],
  );
  return { deleted: rowCount ?? 0, more: rowCount === batchRows };
}

export async function deleteTeamRow(pool: pg.Pool, team: string): Promise<void> {
  await pool.query('DELETE FROM team WHERE id = $1', [team]);
}
