import type { Finding } from '../../readiness/finding.ts';
import { counted, failed, listed, passed, unknown } from '../../readiness/finding.rules.ts';

/**
 * One request with the other team's key: `team` names the foreign team in the path, `id` a foreign thing below the own
 * team, `filter` a foreign thing in the query.
 */
export type ForeignRequest = {
  operation: string;
  way: 'team' | 'id' | 'filter';
  status: number;
  /** The mark that only the foreign team's things bear was in the answer. */
  marked: boolean;
};

/** Rows of a table, without any condition: those that are stored, and those that are seen on behalf of one team. */
export type TableRead = {
  name: string;
  own: { stored: number; seen: number };
  others: { stored: number; seen: number };
  /** As the same role, when no team was named. */
  seenWithoutTeam: number;
};

/** A read of the team's own things: whether it showed them, and still did when the database hid every row. */
type OwnRead = { operation: string; shown: boolean; shownWhenHidden: boolean };

export type IsolationFacts = {
  requests: readonly ForeignRequest[];
  /** Kinds of things that the foreign team had, so that there was something to reach. */
  kinds: readonly string[];
  /** What of the foreign team is not as it was. */
  changed: readonly string[];
  /** The mark is seen with the right key: otherwise its absence says nothing. */
  markSeenByOwner: boolean;
  tables: readonly TableRead[];
  reads: readonly OwnRead[];
  /** What the gateway that is in use says of its own row-level security. */
  inUse: string;
};

const fewestKinds = 6;

/** `GET /v1/teams/{team}/events/{id}`: whatever the reference calls the thing. */
export function nameOfRead({ path }: { path: string }): string {
  return `GET ${path.replaceAll(/\{(?!team\})\w+\}/g, '{id}')}`;
}

/** What shows events and what became of them, and whom a team trusts: never read past row-level security. */
export const boundReads: readonly string[] = [
  'events',
  'events/{id}',
  'events/{id}/body',
  'deliveries',
  'deliveries/{id}',
  'calls',
  'calls/{id}',
  'audit',
  'endpoints',
  'endpoints/{id}',
  'sources',
  'sources/{id}',
  'connections',
  'connections/{id}',
  'members',
  'api-keys',
].map((path) => `GET /v1/teams/{team}/${path}`);

/** No key of one team reaches anything of another, and the database would keep a query without its condition from it too. */
export function judgeIsolation(facts: IsolationFacts): Finding {
  const { requests, kinds, changed, markSeenByOwner } = facts;
  const values = { requests: requests.length, kindsOfThings: kinds.length, tables: facts.tables.length };
  const nameAll = (some: readonly ForeignRequest[]): string =>
    listed([...new Set(some.map(({ operation, way, status }) => `${operation} (foreign ${way}: ${status})`))]);
  const leaked = requests.filter(({ marked }) => marked);
  if (leaked.length > 0) return failed(`Another team's things were shown by ${nameAll(leaked)}.`, values);
  if (changed.length > 0) return failed(`Another team's things were changed: ${listed(changed)}.`, values);
  const taken = requests.filter(({ way, status }) => (way === 'filter' ? false : status < 400 || status >= 500));
  if (taken.length > 0) return failed(`These were not refused: ${nameAll(taken)}.`, values);
  const notHidden = requests.filter(
    ({ way, status, operation }) =>
      way !== 'filter' && ![403, 404].includes(status) && (way === 'team' || /^(GET|DELETE) /.test(operation)),
  );
  if (notHidden.length > 0) return failed(`These were answered neither 403 nor 404: ${nameAll(notHidden)}.`, values);
  if (!markSeenByOwner || kinds.length < fewestKinds) {
    return unknown(`There was too little to reach: ${listed(kinds)}.`, values);
  }
  const seen = `${counted(requests.length, 'request')} with another team's key reached nothing of ${listed(kinds)}`;
  return judgeBackstop(facts, seen, values);
}

function judgeBackstop(
  { tables, reads, inUse }: IsolationFacts,
  seen: string,
  values: Readonly<Record<string, number>>,
): Finding {
  const open = tables.filter(({ others, seenWithoutTeam }) => others.seen > 0 || seenWithoutTeam > 0);
  if (open.length > 0) {
    const names = listed(open.map(({ name }) => name));
    return failed(`A query without a condition on the team was shown rows of others in ${names}.`, values);
  }
  const past = new Set(
    reads.filter(({ shown, shownWhenHidden }) => shown && shownWhenHidden).map(({ operation }) => operation),
  );
  const mustBeBound = boundReads.filter((operation) => past.has(operation));
  if (mustBeBound.length > 0) return failed(`These read past row-level security: ${listed(mustBeBound)}.`, values);
  if (!inUse.startsWith(inForce)) return failed(`In the gateway that is in use, ${inUse}.`, values, 'posthorn doctor');
  if (tables.every(({ own }) => own.seen === 0)) return unknown('No row was shown at all, own ones neither.', values);
  const shown = new Set(reads.filter((read) => read.shown).map(({ operation }) => operation));
  const untried = boundReads.filter((operation) => !shown.has(operation));
  if (untried.length > 0) return unknown(`These showed nothing that could be hidden: ${listed(untried)}.`, values);
  const filled = tables.filter(({ others }) => others.stored > 0).length;
  if (filled < fewestKinds) return unknown(`${counted(filled, 'table')} had rows of another team.`, values);
  const bound = `${shown.size - past.size} of ${shown.size}`;
  return passed(
    `${seen}. Queries without a condition on the team were kept to it in ${counted(tables.length, 'table')}; ${bound} reads are made so.`,
    { ...values, boundReads: shown.size - past.size, otherReads: past.size },
  );
}

const inForce = 'in force';
