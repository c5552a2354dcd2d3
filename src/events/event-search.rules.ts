import { floorId, idPrefixes, uuidFromId } from '../ids/id.rules.ts';

/** Uuids: from inclusive, before exclusive; null is open. */
export type IdRange = { from: string | null; before: string | null };

const prefixShape = /^evt_(?:[0-7][0-9a-hjkmnp-tv-z]{0,25})?$/;

/** The ids that begin with `text`, when it is the beginning of an event's id; null when it is not. */
export function rangeOfIdPrefix(text: string): IdRange | null {
  if (!prefixShape.test(text)) return null;
  const last = uuidFromId(text.length === 4 ? `evt_7${'z'.repeat(25)}` : text.padEnd(30, 'z'));
  return { from: uuidFromId(text.padEnd(30, '0')), before: successor(last) };
}

/** The ids of events accepted at or after `sinceMs` and before `untilMs`. */
export function rangeOfTime(sinceMs: number | undefined, untilMs: number | undefined): IdRange {
  const floor = (atMs: number): string => uuidFromId(floorId(idPrefixes.event, Math.max(0, Math.ceil(atMs))));
  return {
    from: sinceMs === undefined ? null : floor(sinceMs),
    before: untilMs === undefined ? null : floor(untilMs),
  };
}

/** What is in all of the ranges. Lower-case uuids compare as text. */
export function intersect(ranges: readonly IdRange[]): IdRange {
  return ranges.reduce((a, b) => ({
    from: a.from === null || (b.from !== null && b.from > a.from) ? b.from : a.from,
    before: a.before === null || (b.before !== null && b.before < a.before) ? b.before : a.before,
  }));
}

function successor(uuid: string): string | null {
  const next = (BigInt(`0x${uuid.replaceAll('-', '')}`) + 1n).toString(16).padStart(32, '0');
  if (next.length > 32) return null;
  return `${next.slice(0, 8)}-${next.slice(8, 12)}-${next.slice(12, 16)}-${next.slice(16, 20)}-${next.slice(20)}`;
}
