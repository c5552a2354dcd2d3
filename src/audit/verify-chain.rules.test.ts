import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AuditHead } from './audit-entry.ts';
import { canonicalJson } from './canonical-json.rules.ts';
import {
  checkpointHash,
  checkpointOf,
  isSignedWith,
  type SignedCheckpoint,
  signCheckpoint,
} from './checkpoint.rules.ts';
import { entryHash, firstPrevious } from './entry-hash.rules.ts';
import { type ChainLink, createChainMarks, createChainVerifier } from './verify-chain.rules.ts';
import { createCheckpointVerifier } from './verify-checkpoints.rules.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const teams = [null, 'team_a', 'team_b'];

/** Links from texts, each hashed onto the one before, from a link on. */
function chain(team: string | null, texts: readonly string[], from: ChainLink[] = []): ChainLink[] {
  const links = [...from];
  for (const text of texts) {
    const sequence = links.length + 1;
    const content = canonicalJson({ team, text });
    const hash = entryHash(links.at(-1)?.hash ?? firstPrevious, sequence, content);
    links.push({ team, sequence, id: `aud_${team ?? ''}${sequence}`, content, hash });
  }
  return links;
}

const headOf = (links: readonly ChainLink[]): AuditHead[] => {
  const last = links.at(-1);
  return last === undefined ? [] : [{ team: last.team, sequence: last.sequence, hash: last.hash }];
};

function checkpoint(number: number, previous: SignedCheckpoint | null, heads: AuditHead[]): SignedCheckpoint {
  const said = {
    scope: 'all',
    number,
    previous: previous === null ? null : checkpointHash(previous),
    at: new Date(number * 1000).toISOString(),
    key: 'k',
    heads,
  };
  return signCheckpoint(checkpointOf(said), privateKey);
}

/** A log with a checkpoint after every so many entries of each chain, all at once. */
type Log = { chains: ChainLink[][]; checkpoints: SignedCheckpoint[] };

function verify(log: Log, more: { others?: SignedCheckpoint[]; heads?: AuditHead[] | null } = {}) {
  const marks = createChainMarks();
  const checker = createCheckpointVerifier({ newest: publicKey, replaced: [] }, marks, true);
  for (const each of log.checkpoints) checker.take(each);
  for (const each of more.others ?? []) checker.takeOther(each, 'the checkpoint outside');
  const verifier = createChainVerifier(marks, more.heads === undefined ? log.chains.flatMap(headOf) : more.heads);
  for (const link of log.chains.flat()) verifier.take(link);
  const found = verifier.end();
  return { ...found, faults: [...checker.faults, ...found.faults] };
}

const logs = fc
  .record({
    texts: fc.tuple(...teams.map(() => fc.array(fc.string({ maxLength: 6 }), { minLength: 3, maxLength: 30 }))),
    every: fc.integer({ min: 1, max: 12 }),
  })
  .map(({ texts, every }): Log => {
    const chains = teams.map((team, index) => chain(team, texts[index] ?? []));
    const longest = Math.max(...chains.map((links) => links.length));
    const checkpoints: SignedCheckpoint[] = [];
    for (let upTo = every; upTo < longest; upTo += every) {
      const heads = chains.flatMap((links) => headOf(links.slice(0, upTo)));
      checkpoints.push(checkpoint(checkpoints.length + 1, checkpoints.at(-1) ?? null, heads));
    }
    return { chains, checkpoints };
  });

const places = fc.record({ log: logs, chain: fc.nat(2), at: fc.nat() }).map(({ log, chain: index, at }) => {
  const links = log.chains[index] as ChainLink[];
  return { log, links, team: links[0]?.team ?? null, position: at % links.length };
});

/** The same log with one chain replaced. */
function withChain(log: Log, team: string | null, links: ChainLink[]): Log {
  return { ...log, chains: log.chains.map((each) => (each[0]?.team === team ? links : each)) };
}

const covers =
  (sequence: number) =>
  ({ from, to }: { from: number | null; to: number | null }) =>
    from !== null && to !== null && from <= sequence && sequence <= to;

describe('a chain', () => {
  test('that nobody touched has no fault', () => {
    fc.assert(
      fc.property(logs, (log) => {
        expect(verify(log)).toMatchObject({ faults: [], chains: 3, entries: log.chains.flat().length });
      }),
    );
  });

  test('with an edited entry is found, at that entry alone', () => {
    fc.assert(
      fc.property(places, ({ log, links, team, position }) => {
        const edited = links.with(position, { ...(links[position] as ChainLink), content: '{"text":"another"}' });
        const { faults } = verify(withChain(log, team, edited));
        expect(faults).toMatchObject([{ kind: 'changed', team, to: position + 1, id: links[position]?.id }]);
      }),
    );
  });

  test('with an entry edited and hashed anew is found by the one that follows, or the end on record', () => {
    fc.assert(
      fc.property(places, ({ log, links, team, position }) => {
        const link = links[position] as ChainLink;
        const content = '{"text":"another"}';
        const hash = entryHash(links[position - 1]?.hash ?? firstPrevious, link.sequence, content);
        const heads = log.chains.flatMap(headOf);
        const { faults } = verify(withChain(log, team, links.with(position, { ...link, content, hash })), { heads });
        expect(faults.some((fault) => fault.team === team && covers(position + 1)(fault))).toBe(true);
      }),
    );
  });

  test('with an entry deleted from its middle is found, and says which', () => {
    fc.assert(
      fc.property(places, ({ log, links, team, position }) => {
        fc.pre(position < links.length - 1);
        const { faults } = verify(withChain(log, team, links.toSpliced(position, 1)));
        expect(faults).toContainEqual(
          expect.objectContaining({ kind: 'missing', team, from: position + 1, to: position + 1 }),
        );
      }),
    );
  });

  test('with two entries swapped is found, whether their numbers were swapped too or not', () => {
    fc.assert(
      fc.property(places, ({ log, links, team, position }) => {
        fc.pre(position < links.length - 1 && links[position]?.content !== links[position + 1]?.content);
        const [one, other] = [links[position] as ChainLink, links[position + 1] as ChainLink];
        const moved = links.with(position, other).with(position + 1, one);
        expect(verify(withChain(log, team, moved)).faults.map(({ kind }) => kind)).toContain('out-of-order');
        const renumbered = links
          .with(position, { ...other, sequence: one.sequence })
          .with(position + 1, { ...one, sequence: other.sequence });
        expect(verify(withChain(log, team, renumbered)).faults.filter(covers(position + 1))).not.toEqual([]);
      }),
    );
  });

  test('cut off is found by its end on record, and without it by the last checkpoint', () => {
    fc.assert(
      fc.property(places, ({ log, links, team, position }) => {
        const cut = withChain(log, team, links.slice(0, position));
        const heads = log.chains.flatMap(headOf);
        const cutOff = { kind: 'cut-off', team, from: position + 1 };
        expect(verify(cut, { heads }).faults).toContainEqual(expect.objectContaining({ ...cutOff, to: links.length }));
        const signed = Math.max(
          0,
          ...log.checkpoints.flatMap((each) =>
            each.heads.filter((head) => head.team === team).map(({ sequence }) => sequence),
          ),
        );
        const { faults } = verify(cut, { heads: null });
        if (signed > position) expect(faults).toContainEqual(expect.objectContaining({ ...cutOff, to: signed }));
      }),
    );
  });

  test('whose tail was written anew, hashes, end and all, is found by the first checkpoint over it', () => {
    fc.assert(
      fc.property(places, ({ log, links, team, position }) => {
        const rest = links.slice(position).map(() => 'another');
        const tampered = withChain(log, team, chain(team, rest, links.slice(0, position)));
        const signed = log.checkpoints
          .flatMap((each) => each.heads)
          .filter((head) => head.team === team && head.sequence > position);
        const first = Math.min(...signed.map(({ sequence }) => sequence));
        const { faults } = verify(tampered);
        if (signed.length === 0) expect(faults).toEqual([]);
        else {
          expect(faults[0]).toMatchObject({ kind: 'replaced', team, to: first });
          expect(covers(position + 1)(faults[0] as never)).toBe(true);
        }
      }),
    );
  });

  test('whose tail was written anew after the last checkpoint is found by one that was kept outside', () => {
    fc.assert(
      fc.property(places, ({ log, links, team, position }) => {
        const outside = checkpoint(
          log.checkpoints.length + 1,
          log.checkpoints.at(-1) ?? null,
          log.chains.flatMap(headOf),
        );
        const rest = links.slice(position).map(() => 'another');
        const tampered = withChain(log, team, chain(team, rest, links.slice(0, position)));
        const { faults } = verify(tampered, { others: [outside] });
        expect(faults).toContainEqual(expect.objectContaining({ kind: 'replaced', team, to: links.length }));
        expect(verify(log, { others: [outside] }).faults).toMatchObject([{ kind: 'checkpoint' }]);
      }),
    );
  });

  test('that is gone altogether, or that nobody knows of, is found', () => {
    const log: Log = { chains: [chain(null, ['a', 'b']), chain('team_a', ['c'])], checkpoints: [] };
    const heads = log.chains.flatMap(headOf);
    const gone = verify({ ...log, chains: [log.chains[0] as ChainLink[]] }, { heads });
    expect(gone.faults).toMatchObject([{ kind: 'cut-off', team: 'team_a', from: 1, to: 1 }]);
    expect(verify(log, { heads: heads.slice(0, 1) }).faults).toMatchObject([{ kind: 'head', team: 'team_a' }]);
  });
});

describe('checkpoints', () => {
  const log = (): Log => {
    const links = chain(null, ['a', 'b', 'c', 'd']);
    const one = checkpoint(1, null, headOf(links.slice(0, 2)));
    const two = checkpoint(2, one, headOf(links.slice(0, 3)));
    return { chains: [links], checkpoints: [one, two, checkpoint(3, two, headOf(links))] };
  };

  test('are only taken with their own signature, over every part of them', () => {
    fc.assert(
      fc.property(fc.constantFrom('scope', 'number', 'previous', 'at', 'key', 'heads'), (part) => {
        const [one] = log().checkpoints as [SignedCheckpoint];
        expect(isSignedWith(one, publicKey)).toBe(true);
        const others = { scope: 'x', number: 7, previous: 'ab', at: 'x', key: 'x', heads: [] };
        expect(isSignedWith({ ...one, [part]: others[part] }, publicKey)).toBe(false);
      }),
    );
    const another = generateKeyPairSync('ed25519');
    const { checkpoints, chains } = log();
    const forged = signCheckpoint(checkpoints[2] as SignedCheckpoint, another.privateKey);
    const { faults } = verify({ chains, checkpoints: checkpoints.with(2, forged) });
    expect(faults).toMatchObject([{ kind: 'checkpoint', what: expect.stringContaining('checkpoint 3 is not signed') }]);
  });

  test('that were deleted are missed: in the middle by their numbers, at the end by one that was kept outside', () => {
    const whole = log();
    const middle = verify({ ...whole, checkpoints: whole.checkpoints.toSpliced(1, 1) });
    expect(middle.faults.map(({ what }) => what)).toEqual(['checkpoint 2 is gone']);
    const last = whole.checkpoints[2] as SignedCheckpoint;
    const end = verify({ ...whole, checkpoints: whole.checkpoints.slice(0, 2) }, { others: [last] });
    expect(end.faults.map(({ what }) => what)).toEqual([
      'the checkpoint outside is number 3, which is not among the stored ones any more',
    ]);
    expect(verify(whole, { others: [last] }).faults).toEqual([]);
  });

  test('of which one was put in the place of another are found, though both are genuine', () => {
    const whole = log();
    const [one, two] = whole.checkpoints as [SignedCheckpoint, SignedCheckpoint];
    const other = checkpoint(2, one, headOf(whole.chains[0]?.slice(0, 2) ?? []));
    expect(verify({ ...whole, checkpoints: whole.checkpoints.with(1, other) }).faults.map(({ what }) => what)).toEqual([
      'checkpoint 3 does not follow the one before it',
    ]);
    expect(verify({ ...whole, checkpoints: [one, other] }, { others: [two] }).faults).toMatchObject([
      { what: 'the checkpoint outside is another number 2 than the stored one' },
    ]);
  });
});
