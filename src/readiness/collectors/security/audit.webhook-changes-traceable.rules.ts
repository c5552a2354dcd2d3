import { canonicalJson, type Json } from '../../../audit/canonical-json.rules.ts';
import { digestOf } from '../../digest.rules.ts';
import type { Finding } from '../../finding.ts';
import { counted, dayMs, failed, listed, passed, unknown } from '../../finding.rules.ts';

/** An audit entry on a source or an endpoint. */
export type ChangeEntry = {
  sequence: number;
  atMs: number;
  actorKind: string;
  actorId: string | null;
  /** `endpoint.created`, `source.updated` and so on. */
  action: string;
  targetId: string;
  before: Json;
  after: Json;
  requestId: string | null;
};

type Fields = Readonly<Record<string, Json>>;

/** A source or an endpoint as the entries tell of it. */
type Recorded = {
  fields: Fields;
  /** When each signing secret ends; null: never. */
  secretEnds: Readonly<Record<string, number | null>>;
  /** False: its creation is not among the entries. */
  created: boolean;
  deleted: boolean;
};

/** What entries tell, applied one after another. */
export type AppliedEntries = {
  things: Readonly<Record<string, Recorded>>;
  entries: number;
  /** Changes that no entry tells of, seen by what the next entry found. */
  gaps: readonly { targetId: string; sequence: number; field: string; atMs: number }[];
  /** Entries that lack who, before, after or the request, or show what has to be masked. */
  incomplete: readonly number[];
};

/** How it is configured today; `url` by its digest, headers and certificates by whether there are any. */
export type CurrentThing = { id: string; fields: Fields; secretIds: readonly string[] };

export type TraceFacts = {
  applied: AppliedEntries;
  current: readonly CurrentThing[];
  /** The log of the team begins with its creation. */
  complete: boolean;
  /** Why it cannot be compared: too many entries, or changes while it was read. */
  obstacle: string | null;
};

export const nothingApplied: AppliedEntries = { things: {}, entries: 0, gaps: [], incomplete: [] };

/** Left out of an entry when they are null; what else is missing was not known to the release that wrote it. */
const nullable = [
  'description',
  'sources',
  'filter',
  'rateLimit',
  'clientCertificate',
  'statusReason',
  'allowAddresses',
];
const secretValues = ['headerValues', 'clientKey'];
/** Told of an action, and not part of how something is configured. */
const ofTheAction = ['secretShown', 'overlapSeconds'];
const masked = '***';
const gapDays = 90;
/** Clocks of the database and of the nodes are not the same. */
const clockSlackMs = 60_000;

/** More entries, in their order, after those before them. */
export function applyEntries(applied: AppliedEntries, entries: readonly ChangeEntry[]): AppliedEntries {
  const things: Record<string, Recorded> = { ...applied.things };
  const gaps = [...applied.gaps];
  const incomplete = [...applied.incomplete];
  for (const entry of entries) {
    const { targetId, sequence, atMs } = entry;
    const known = things[targetId];
    if (!isComplete(entry)) incomplete.push(sequence);
    if (known !== undefined && !known.deleted) {
      const unseen = differencesOf(known, readSide(entry.before), atMs);
      gaps.push(...unseen.map((field) => ({ targetId, sequence, field, atMs })));
    }
    things[targetId] = recordedAfter(known, entry);
  }
  return { things, entries: applied.entries + entries.length, gaps, incomplete };
}

function recordedAfter(known: Recorded | undefined, entry: ChangeEntry): Recorded {
  const isNew = entry.action.endsWith('.created');
  const after = readSide(entry.after);
  const start = isNew || known === undefined ? { fields: {}, secretEnds: {}, created: isNew } : known;
  return {
    fields: { ...start.fields, ...after },
    secretEnds: endsAfter(start.secretEnds, after, entry.atMs),
    created: start.created,
    deleted: entry.action.endsWith('.deleted'),
  };
}

/** The entries' result against today's configuration; what has no entry was done past the API. */
export function judgeTraces({ applied, current, complete, obstacle }: TraceFacts, nowMs: number): Finding {
  if (obstacle !== null) return unknown(obstacle);
  const { things, entries, incomplete } = applied;
  const present = new Map(current.map((thing) => [thing.id, thing]));
  const gone = Object.keys(things).filter((id) => things[id]?.deleted === false && !present.has(id));
  const compared = current.map((thing) => ({ id: thing.id, ...compare(things[thing.id], thing, nowMs) }));
  const changed = compared.flatMap(({ id, fields }) => fields.map((field) => `${field} of ${id}`));
  const unmade = compared.filter(({ made }) => !made).map(({ id }) => id);
  const gaps = applied.gaps.filter(({ atMs }) => nowMs - atMs <= gapDays * dayMs);
  const values = {
    sourcesAndEndpoints: current.length,
    entries,
    differences: changed.length + gone.length,
    withoutCreation: unmade.length,
    gaps: gaps.length,
    incompleteEntries: incomplete.length,
  };
  const faults = [
    changed.length === 0 ? null : `${listed(changed)} is not what the audit log says`,
    gone.length === 0 ? null : `${listed(gone)} is gone without an entry`,
    unmade.length === 0 || !complete ? null : `no entry tells who made ${listed(unmade)}`,
    gaps.length === 0
      ? null
      : `${listed(gaps.map((gap) => `${gap.field} of ${gap.targetId}`))} was changed between entries`,
    incomplete.length === 0
      ? null
      : `${counted(incomplete.length, 'entry', 'entries')} are not complete, the first is number ${incomplete[0]}`,
  ].filter((text) => text !== null);
  const command = 'posthorn audit list --action endpoint.updated';
  if (faults.length > 0) return failed(`Changed past the API: ${faults.join('; ')}.`, values, command);
  if (unmade.length > 0) {
    return unknown(`${listed(unmade)} is older than the audit log of this team, so nothing says who made it.`, values);
  }
  return passed(
    `${counted(current.length, 'source or endpoint', 'sources and endpoints')}, each as ${counted(entries, 'entry', 'entries')} of the audit log say.`,
    values,
  );
}

function compare(recorded: Recorded | undefined, { fields, secretIds }: CurrentThing, nowMs: number) {
  if (recorded === undefined) return { made: false, fields: [] };
  if (recorded.deleted) return { made: true, fields: ['deletion'] };
  const current = 'credentials' in fields ? fields : { ...fields, secretIds };
  return { made: recorded.created, fields: differencesOf(recorded, current, nowMs) };
}

/** The names of those of `found` that are otherwise on record. */
function differencesOf(recorded: Recorded, found: Fields, atMs: number): string[] {
  return Object.keys(found).filter((name) => {
    if (ofTheAction.includes(name)) return false;
    const value = found[name] ?? null;
    if (name === 'secretIds') return !signs(recorded, Array.isArray(value) ? value : [], atMs);
    if (!(name in recorded.fields) && (!recorded.created || !nullable.includes(name))) return false;
    return canonicalJson(recorded.fields[name] ?? null) !== canonicalJson(value);
  });
}

/** Whether exactly those secrets sign that the entries let sign; one that ends just now may be either. */
function signs({ secretEnds }: Recorded, found: readonly Json[], atMs: number): boolean {
  const ids = Object.keys(secretEnds);
  if (ids.length === 0) return true;
  const endOf = (id: string): number => secretEnds[id] ?? Number.POSITIVE_INFINITY;
  const mayBe = new Set<Json>(ids.filter((id) => endOf(id) > atMs - clockSlackMs));
  const mustBe = ids.filter((id) => endOf(id) > atMs + clockSlackMs);
  return found.every((id) => mayBe.has(id)) && mustBe.every((id) => found.includes(id));
}

function endsAfter(ends: Recorded['secretEnds'], after: Fields, atMs: number): Recorded['secretEnds'] {
  const { secretIds, overlapSeconds } = after;
  if (!Array.isArray(secretIds)) return ends;
  const overlapEndMs = typeof overlapSeconds === 'number' ? atMs + overlapSeconds * 1000 : Number.POSITIVE_INFINITY;
  const names = (secretIds as readonly Json[]).filter((id) => typeof id === 'string');
  const entries = names.map((name): [string, number | null] => {
    if (!(name in ends)) return [name, null];
    const endMs = Math.min(ends[name] ?? Number.POSITIVE_INFINITY, overlapEndMs);
    return [name, Number.isFinite(endMs) ? endMs : null];
  });
  return Object.fromEntries(entries);
}

/** A side of an entry in the form of what is compared: a digest stands for its field, and what is masked is left out. */
function readSide(side: Json): Fields {
  if (side === null || typeof side !== 'object' || Array.isArray(side)) return {};
  const members = Object.entries(side).flatMap(([name, value]): [string, Json][] => {
    if (value === masked || `${name}Sha256` in side) return [];
    return name.endsWith('Sha256') ? [[name.slice(0, -6), value]] : [[name, value]];
  });
  return Object.fromEntries(members.map(([name, value]) => [name, reduced(name, value)]));
}

/** Sealed on the other side: only whether there is one can be compared. */
function reduced(name: string, value: Json): Json {
  if (name === 'clientCertificate') return value === null ? null : masked;
  if (name === 'headerNames') return Array.isArray(value) && value.length > 0;
  return value;
}

function isComplete({ action, actorKind, actorId, before, after, requestId }: ChangeEntry): boolean {
  const asked = actorKind === 'operator' || actorKind === 'api-key';
  const named =
    ['operator', 'command-line', 'posthorn'].includes(actorKind) || (actorKind === 'api-key' && actorId !== null);
  const sides = [
    action.endsWith('.created') || before !== null,
    action.endsWith('.deleted') || after !== null,
    ![before, after].some(showsSecret),
  ];
  return named && (!asked || requestId !== null) && sides.every(Boolean);
}

function showsSecret(side: Json): boolean {
  if (side === null || typeof side !== 'object' || Array.isArray(side)) return false;
  const fields = side as Fields;
  return secretValues.some((name) => (fields[name] ?? null) !== null && fields[name] !== masked);
}

/** The digest under which the audit log keeps a URL. */
export function urlDigest(url: string): string {
  return digestOf(url);
}
