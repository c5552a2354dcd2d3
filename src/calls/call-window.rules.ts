import { floorId, idPrefixes, uuidFromId } from '../ids/id.rules.ts';

const hourMs = 3_600_000;
/** How far back is looked unless it is said. */
export const defaultWindowMs = 24 * hourMs;

/** Nodes date ids by the database's clock, within a second; beyond this there are none, and no day is opened for them. */
const clockMarginMs = 60_000;

/** Uuids of calls: `from` included, `before` excluded. */
export type CallWindow = { from: string; before: string };

/** The ids of calls that began at or after `sinceMs` (a day ago unless given) and before `untilMs` (or until now). */
export function windowOf(nowMs: number, sinceMs: number | undefined, untilMs: number | undefined): CallWindow {
  const floor = (atMs: number): string => uuidFromId(floorId(idPrefixes.call, Math.max(0, Math.ceil(atMs))));
  const end = Math.min(untilMs ?? nowMs, nowMs);
  return {
    from: floor(sinceMs ?? end - defaultWindowMs),
    before: floor(untilMs ?? nowMs + clockMarginMs),
  };
}
