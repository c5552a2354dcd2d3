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
export type IsolationFacts = {
  requests: readonly ForeignRequest[];
  /** Kinds of things that the foreign team had, so that there was something to reach. */
  kinds: readonly string[];
  /** What of the foreign team is not as it was. */
  changed: readonly string[];
  /** The mark is seen with the right key: otherwise its absence says nothing. */
  markSeenByOwner: boolean;
};

const fewestKinds = 6;

/** No key of one team reaches anything of another. */
export function judgeIsolation({ requests, kinds, changed, markSeenByOwner }: IsolationFacts): Finding {
  const values = { requests: requests.length, kindsOfThings: kinds.length };
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
  return passed(`${seen}. Row-level security in the database was not looked at.`, values);
}
