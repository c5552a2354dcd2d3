import type pg from 'pg';
import { floorId, uuidFromId } from '../../src/ids/id.rules.ts';

const dayMs = 86_400_000;

/** The partition of the events of a day for which the gateway was not there yet. */
export async function makeDay(pool: pg.Pool, atMs: number): Promise<void> {
  const startMs = Math.floor(atMs / dayMs) * dayMs;
  const name = `event_${new Date(startMs).toISOString().slice(0, 10).replaceAll('-', '')}`;
  const [from, to] = [startMs, startMs + dayMs].map((ms) => uuidFromId(floorId('evt', ms)));
  const { rows } = await pool.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [name]);
  if (rows[0]?.there === true) return;
  await pool.query(`CREATE TABLE ${name} PARTITION OF event FOR VALUES FROM ('${from}') TO ('${to}')`);
}
