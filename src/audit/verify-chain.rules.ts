import type { AuditHead } from './audit-entry.ts';
import { entryHash, firstPrevious } from './entry-hash.rules.ts';

/** An entry as verification meets it: its content is text, exactly as it is hashed. */
export type ChainLink = { team: string | null; sequence: number; id: string; content: string; hash: string };

/**
 * What is wrong, and where: in the entries `from` to `to` of a chain. `changed`: an entry is not what was hashed. `missing`:
 * entries are gone from the middle, `cut-off` from the end. `out-of-order`: an entry does not stand in its place. `replaced`:
 * the hashes fit together, and are not those that were signed. `unsigned`: an
 * export must be signed to its end, and is not. `head`: the end that the database knows is another.
 * `checkpoint`: a checkpoint is not genuine, or is gone. `copy`: what is stored beside an entry is not what it says.
 */
export type AuditFault = {
  kind: 'changed' | 'missing' | 'cut-off' | 'out-of-order' | 'replaced' | 'unsigned' | 'head' | 'checkpoint' | 'copy';
  team: string | null;
  from: number | null;
  to: number | null;
  /** Of the entry at `to`, where it is there. */
  id: string | null;
  what: string;
};

/** Takes the entries of each chain in their order, one chain after the other, and says what is wrong with them. */
export type ChainVerifier = {
  take(link: ChainLink): void;
  /**
   * @returns everything that was found, the chains that should have been there and were not among it. `unsigned`: entries
   *   behind the last checkpoint over their chain.
   */
  end(): { faults: readonly AuditFault[]; entries: number; chains: number; unsigned: number };
};

type Mark = { hash: string; by: string };
type State = { team: string | null; sequence: number; hash: string; signedUpTo: number };

/**
 * @param marks what entries are known to be, from checkpoints whose signatures are genuine. Of those of a chain the last
 *   says how long it is at least.
 * @param heads what the database says the ends are; null for an export, which has to be signed to its end.
 */
export function createChainVerifier(marks: ChainMarks, heads: readonly AuditHead[] | null): ChainVerifier {
  const faults: AuditFault[] = [];
  const states = new Map<string | null, State>();
  let entries = 0;

  const add = (fault: Omit<AuditFault, 'id'> & { id?: string }): void => {
    faults.push({ id: null, ...fault });
  };

  const compareMark = (state: State, link: ChainLink): void => {
    for (const mark of marks.at(link.team, link.sequence)) {
      if (mark.hash === link.hash) {
        state.signedUpTo = link.sequence;
        continue;
      }
      const from = state.signedUpTo + 1;
      const what = `entry ${link.sequence} is not the one that ${mark.by} signed: it, or one from ${from} on, was replaced`;
      add({ kind: 'replaced', team: link.team, from, to: link.sequence, id: link.id, what });
    }
  };

  return {
    take(link) {
      entries += 1;
      const { team, sequence, id } = link;
      const state = states.get(team) ?? { team, sequence: 0, hash: firstPrevious, signedUpTo: 0 };
      states.set(team, state);
      if (sequence <= state.sequence) {
        const what = `entry ${sequence} comes after entry ${state.sequence}`;
        add({ kind: 'out-of-order', team, from: sequence, to: sequence, id, what });
        return;
      }
      if (sequence > state.sequence + 1) {
        const [from, to] = [state.sequence + 1, sequence - 1];
        add({ kind: 'missing', team, from, to, what: `${rangeOf(from, to)} missing` });
      } else if (entryHash(state.hash, sequence, link.content) !== link.hash) {
        const from = Math.max(1, sequence - 1);
        const what = `entry ${sequence} does not fit its hash: it was changed${from < sequence ? `, or entry ${from} was` : ''}`;
        add({ kind: 'changed', team, from, to: sequence, id, what });
      }
      state.sequence = sequence;
      state.hash = link.hash;
      compareMark(state, link);
    },
    end() {
      for (const team of marks.teams()) {
        const reached = states.get(team)?.sequence ?? 0;
        const last = marks.last(team);
        if (last === null || last.sequence <= reached) continue;
        const [from, to] = [reached + 1, last.sequence];
        add({
          kind: 'cut-off',
          team,
          from,
          to,
          what: `${rangeOf(from, to)} gone from the end, and ${last.by} signed them`,
        });
      }
      let unsigned = 0;
      for (const { team, sequence, signedUpTo } of states.values()) {
        unsigned += sequence - signedUpTo;
        // What was replaced is unsigned too, and told of already.
        if (heads !== null || signedUpTo === sequence || marks.at(team, sequence).length > 0) continue;
        const from = signedUpTo + 1;
        add({ kind: 'unsigned', team, from, to: sequence, what: `no checkpoint signs ${namesOf(from, sequence)}` });
      }
      for (const head of heads ?? []) compareHead(head, states.get(head.team) ?? null, add);
      if (heads !== null) {
        const known = new Set(heads.map(({ team }) => team));
        for (const { team, sequence } of states.values()) {
          if (known.has(team)) continue;
          add({ kind: 'head', team, from: 1, to: sequence, what: 'the chain has entries and no end on record' });
        }
      }
      return { faults, entries, chains: states.size, unsigned };
    },
  };
}

function compareHead(head: AuditHead, state: State | null, add: (fault: Omit<AuditFault, 'id'>) => void): void {
  const { team } = head;
  const reached = state?.sequence ?? 0;
  if (reached < head.sequence) {
    const [from, to] = [reached + 1, head.sequence];
    add({ kind: 'cut-off', team, from, to, what: `${rangeOf(from, to)} gone from the end` });
  } else if (reached > head.sequence || state?.hash !== head.hash) {
    const what = `the chain ends with entry ${reached}, and its end on record is another (${head.sequence})`;
    add({ kind: 'head', team, from: Math.min(head.sequence, reached), to: reached, what });
  }
}

function namesOf(from: number, to: number): string {
  return from === to ? `entry ${from}` : `entries ${from} to ${to}`;
}

function rangeOf(from: number, to: number): string {
  return `${namesOf(from, to)} ${from === to ? 'is' : 'are'}`;
}

/** What genuine checkpoints say of entries, by chain and sequence number; each hash of an entry once. */
export type ChainMarks = {
  add(by: string, heads: readonly AuditHead[]): void;
  at(team: string | null, sequence: number): readonly Mark[];
  last(team: string | null): { sequence: number; by: string } | null;
  teams(): Iterable<string | null>;
};

export function createChainMarks(): ChainMarks {
  const chains = new Map<string | null, { marks: Map<number, Mark[]>; last: { sequence: number; by: string } }>();
  return {
    add(by, heads) {
      for (const { team, sequence, hash } of heads) {
        const chain = chains.get(team) ?? { marks: new Map<number, Mark[]>(), last: { sequence: 0, by } };
        chains.set(team, chain);
        const known = chain.marks.get(sequence) ?? [];
        if (!known.some((mark) => mark.hash === hash)) chain.marks.set(sequence, [...known, { hash, by }]);
        if (sequence > chain.last.sequence) chain.last = { sequence, by };
      }
    },
    at: (team, sequence) => chains.get(team)?.marks.get(sequence) ?? [],
    last: (team) => chains.get(team)?.last ?? null,
    teams: () => chains.keys(),
  };
}
