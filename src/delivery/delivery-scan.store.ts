import type pg from 'pg';
import { uuidFromId } from '../ids/id.rules.ts';
import type { DeliveryFilter } from './delivery-filter.ts';
import { type Condition, needsIdleEndpoints, planScans, type ScanPlan, timeBounds } from './delivery-plan.rules.ts';
import { mergeScans, type Page, type Scan } from './scan-window.rules.ts';

type Queryable = Pick<pg.Pool, 'query'>;
type ScanOptions = { descending: boolean; limit: number; scanMax: number };

/** Up to `limit` ids (as uuids) of the deliveries that a filter chooses; see `scanDeliveries`. */
export async function scanDeliveryUuids(
  database: Queryable,
  input: { teamId: string; filter: DeliveryFilter; after: string | null } & ScanOptions,
): Promise<Page> {
  const team = uuidFromId(input.teamId);
  const idle = needsIdleEndpoints(input.filter) ? await idleEndpoints(database, team) : [];
  const { after } = input;
  const bounds = timeBounds(input.filter);
  if (after !== null) bounds.push((bind) => `d.id ${input.descending ? '<' : '>'} ${bind(after)}`);
  const scans: Scan[] = [];
  for (const plan of planScans(input.filter, idle)) scans.push(await runPlan(database, team, plan, bounds, input));
  return mergeScans(scans, input.limit, input.descending);
}

async function idleEndpoints(database: Queryable, team: string): Promise<string[]> {
  const { rows } = await database.query<{ id: string }>(
    `SELECT id FROM endpoint WHERE team_id = $1 AND (status <> 'active' OR deleted_at IS NOT NULL)`,
    [team],
  );
  return rows.map((row) => row.id);
}

// The inner LIMIT bounds what is looked at. Only a page that it may have cut short asks where it ended.
async function runPlan(
  database: Queryable,
  team: string,
  plan: ScanPlan,
  bounds: readonly Condition[],
  { descending, limit, scanMax }: ScanOptions,
): Promise<Scan> {
  const values: unknown[] = [team];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const order = `ORDER BY d.id ${descending ? 'DESC' : 'ASC'}`;
  const source = plan.source(bind);
  const within = [...plan.within, ...bounds].map((condition) => ` AND ${condition(bind)}`).join('');
  const scan = `${source}${within} ${order}`;
  const scanValues = values.slice();
  const check = plan.check.map((condition) => condition(bind)).join(' AND ') || 'true';
  const found = await database.query<{ id: string }>(
    `SELECT d.id FROM (${scan} LIMIT ${scanMax}) d WHERE ${check} ${order} LIMIT ${limit + 1}`,
    values,
  );
  const ids = found.rows.map((row) => row.id);
  if (ids.length > limit) return { ids, completeTo: ids.at(-1) ?? null };
  const end = await database.query<{ id: string }>(
    `SELECT d.id FROM (${scan} OFFSET ${scanMax - 1} LIMIT 1) d`,
    scanValues,
  );
  const cutAt = end.rows[0]?.id ?? null;
  const last = ids.at(-1);
  // Rows that came between the two statements moved the end; what was found was looked at in any case.
  if (cutAt === null || last === undefined) return { ids, completeTo: cutAt };
  return { ids, completeTo: (descending ? last < cutAt : last > cutAt) ? last : cutAt };
}
