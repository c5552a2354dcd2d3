import { floorId, idPrefixes, uuidFromId } from '../ids/id.rules.ts';
import type { DeliveryFilter, DeliveryState } from './delivery-filter.ts';

/** Writes a condition on `d`, binding its values; `$1` is the team. */
export type Condition = (bind: (value: unknown) => string) => string;

/** Where one scan looks: rows in the order of their ids, and what is checked on each of them. */
export type ScanPlan = {
  /** A query for `d` up to its conditions, ending in a WHERE clause. */
  source: Condition;
  within: readonly Condition[];
  check: readonly Condition[];
};

const settledCodes: Partial<Record<DeliveryState, number>> = { succeeded: 1, dead: 2, cancelled: 3 };
const codeOf = (state: DeliveryState): number => settledCodes[state] ?? 0;

const deliveries: Condition = () =>
  'SELECT d.id, d.event_id, d.endpoint_id, d.state, d.owner FROM delivery d WHERE d.team_id = $1';
const queue: Condition = () => `SELECT d.id, d.event_id, d.endpoint_id FROM (
  SELECT q.delivery_id AS id, q.event_id, q.endpoint_id FROM delivery_queue q WHERE q.team_id = $1) d WHERE true`;
// Deliveries get their ids right after their event, within the second that accept allows. IS NOT DISTINCT FROM, since
// for an equality the planner would rather hash whole partitions.
const deliveriesOf =
  (eventIds: readonly string[]): Condition =>
  (bind) =>
    `SELECT d.* FROM unnest(${bind(eventIds.map(uuidFromId))}::uuid[]) v(id) CROSS JOIN LATERAL (
    SELECT x.id, x.event_id, x.endpoint_id, x.state, x.owner FROM delivery x WHERE x.team_id = $1
      AND x.id > v.id AND x.id < uuid_floor(uuid_time(v.id) + interval '2 seconds') AND x.event_id IS NOT DISTINCT FROM v.id) d WHERE true`;

/** Whether the plan of a filter must know the endpoints to which nothing is sent: held and pending differ by them. */
export function needsIdleEndpoints(filter: DeliveryFilter): boolean {
  const states = filter.states ?? [];
  return states.includes('pending') !== states.includes('held');
}

/**
 * Chooses the index for a filter. dead, cancelled: delivery_exceptional. pending, held: delivery_queue, and the few that
 * nodes took in since their low_delivery; with an endpoint its own index, from the lowest pending delivery on. Events:
 * the two seconds of ids that follow theirs. An endpoint: delivery_of_endpoint. Anything else: the primary key.
 * @param idleEndpoints uuids of endpoints that are paused, disabled or deleted; used when `needsIdleEndpoints`.
 */
export function planScans(filter: DeliveryFilter, idleEndpoints: readonly string[]): ScanPlan[] {
  const { endpointId, eventType, eventIds } = filter;
  const states = filter.states === undefined || filter.states.length === 0 ? null : new Set(filter.states);
  const onlyOf = (...some: DeliveryState[]): boolean =>
    states !== null && [...states].every((state) => some.includes(state));

  const ofType: Condition[] = [];
  if (eventType !== undefined) {
    ofType.push(
      (bind) => `(SELECT e.type FROM event e WHERE e.team_id = $1 AND e.id = d.event_id) = ${bind(eventType)}`,
    );
  }
  const ofEndpoint: Condition[] = [];
  if (endpointId !== undefined) ofEndpoint.push((bind) => `d.endpoint_id = ${bind(uuidFromId(endpointId))}`);
  const waiting: Condition[] = [];
  if (needsIdleEndpoints(filter)) {
    const not = states?.has('held') === true ? '' : 'NOT ';
    waiting.push((bind) => `${not}d.endpoint_id = ANY (${bind(idleEndpoints)}::uuid[])`);
  }
  const inState: Condition[] = [];
  if (states !== null) {
    const codes = [...new Set([...states].map(codeOf))].join(', ');
    inState.push(() => `d.state IN (${codes})`);
    for (const condition of waiting) inState.push((bind) => `(d.state > 0 OR ${condition(bind)})`);
  }

  if (eventIds !== undefined) {
    return [{ source: deliveriesOf(eventIds), within: [], check: [...ofType, ...inState, ...ofEndpoint] }];
  }
  if (states !== null && onlyOf('dead', 'cancelled')) {
    return [...states].map((state) => ({
      source: deliveries,
      within: [() => `d.exceptional = ${codeOf(state)}`],
      check: [...ofType, ...ofEndpoint],
    }));
  }
  if (onlyOf('pending', 'held')) {
    const check = [...ofType, ...waiting];
    const pending: Condition = () => 'd.state = 0';
    const owned: Condition = () => 'd.owner IS NOT NULL';
    if (endpointId !== undefined) {
      const lowest: Condition = () => 'd.id >= (SELECT lowest_pending_delivery($1))';
      return [{ source: deliveries, within: [...ofEndpoint, lowest], check: [...check, pending] }];
    }
    const lowest: Condition = () => 'd.id >= (SELECT n.low_delivery FROM node n ORDER BY n.low_delivery LIMIT 1)';
    return [
      { source: queue, within: [], check },
      { source: deliveries, within: [lowest], check: [...check, pending, owned] },
    ];
  }
  return [{ source: deliveries, within: ofEndpoint, check: [...ofType, ...inState] }];
}

/** The time of acceptance as bounds on the id. */
export function timeBounds(filter: Pick<DeliveryFilter, 'sinceMs' | 'untilMs'>): Condition[] {
  const floor = (atMs: number): string => uuidFromId(floorId(idPrefixes.delivery, Math.max(0, Math.ceil(atMs))));
  const { sinceMs, untilMs } = filter;
  const bounds: Condition[] = [];
  if (sinceMs !== undefined) bounds.push((bind) => `d.id >= ${bind(floor(sinceMs))}`);
  if (untilMs !== undefined) bounds.push((bind) => `d.id < ${bind(floor(untilMs))}`);
  return bounds;
}
