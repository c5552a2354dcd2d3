import type { Finding } from '../../readiness/finding.ts';
import { counted, failed, listed, passed } from '../../readiness/finding.rules.ts';

export type AuditedAction = {
  kind: string;
  /** Entries of this request with the action that was expected. */
  entries: number;
  /** What the entry does not say. */
  lacks: readonly string[];
  /** A secret of the request or its answer that can be read in it. */
  showsSecret: boolean;
};

type Entry = Readonly<Record<string, unknown>>;
/** What an entry has to say of before and after. `changed`: a field, with its value on either side. */
export type Expected =
  | { how: 'made' | 'taken away' | 'done' }
  | { how: 'changed'; field: string; before: unknown; after: unknown };

/** What an entry does not say, of who, what, on what, before, after, from where, when and how it ended. */
export function lacksOf(entry: Entry, expected: Expected): string[] {
  const { actor, target, address, at, outcome } = entry;
  const [before, after] = [recordOf(entry['before']), recordOf(entry['after'])];
  const said: [string, boolean][] = [
    ['who', typeof recordOf(actor)?.['kind'] === 'string'],
    ['on what', typeof recordOf(target)?.['id'] === 'string'],
    ['from where', typeof address === 'string'],
    ['when', typeof at === 'string' && !Number.isNaN(Date.parse(at))],
    ['how it ended', typeof outcome === 'string'],
  ];
  if (expected.how === 'made') said.push(['after', after !== null]);
  if (expected.how === 'taken away') said.push(['before', before !== null]);
  if (expected.how === 'changed') {
    said.push(
      ['before', before?.[expected.field] === expected.before],
      ['after', after?.[expected.field] === expected.after],
    );
  }
  return said.flatMap(([what, isThere]) => (isThere ? [] : [what]));
}

function recordOf(value: unknown): Entry | null {
  return typeof value === 'object' && value !== null ? (value as Entry) : null;
}

/** Every sort of action is one entry that says everything but secrets. */
export function judgeContent(actions: readonly AuditedAction[]): Finding {
  const values = { sorts: actions.length, entries: actions.reduce((sum, { entries }) => sum + entries, 0) };
  const missing = actions.filter(({ entries }) => entries !== 1);
  if (missing.length > 0) {
    return failed(`Not one entry each: ${listed(missing.map(({ kind, entries }) => `${kind} (${entries})`))}.`, values);
  }
  const poor = actions.filter(({ lacks }) => lacks.length > 0);
  if (poor.length > 0) {
    return failed(
      `Entries lack something: ${listed(poor.map(({ kind, lacks }) => `${kind} (${lacks.join(', ')})`))}.`,
      values,
    );
  }
  const showing = actions.filter(({ showsSecret }) => showsSecret).map(({ kind }) => kind);
  if (showing.length > 0) return failed(`A secret can be read in the entry of: ${listed(showing)}.`, values);
  const sorts = counted(actions.length, 'sort');
  return passed(`${sorts} of actions are one whole entry each. There is no sign-in, erasure or restore yet.`, values);
}
