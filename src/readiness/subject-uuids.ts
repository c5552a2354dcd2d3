import { floorId, idPrefixes, uuidFromId } from '../ids/id.rules.ts';
import type { Subject } from './finding.ts';

/** The subject as its rows are keyed. @throws RangeError for one that belongs to no team. */
export function uuidsOf(subject: Subject): { team: string; own: string } {
  if (subject.teamId === null) throw new RangeError(`a ${subject.kind} belongs to no team`);
  return { team: uuidFromId(subject.teamId), own: uuidFromId(subject.id) };
}

/** The smallest uuid of a moment: rows of events, deliveries and calls are found by when they were made. */
export function uuidSince(unixMs: number): string {
  return uuidFromId(floorId(idPrefixes.event, Math.max(0, Math.floor(unixMs))));
}
