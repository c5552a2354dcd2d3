import type { KeyObject } from 'node:crypto';
import type { AuditHead } from './audit-entry.ts';
import { checkpointHash, isSignedWith, keyIdOf, type SignedCheckpoint } from './checkpoint.rules.ts';
import type { AuditFault, ChainMarks } from './verify-chain.rules.ts';

/**
 * `newest` signs now. `replaced` signed before it, by what the log itself says: what they signed counts where a
 * checkpoint of the newest follows, since each names the hash of the one before it.
 */
export type SigningKeys = { newest: KeyObject; replaced: readonly KeyObject[] };

/** Which key signed the stored checkpoints `from` to `to`. */
export type Signer = { key: string; from: number; to: number };

export type CheckpointVerifier = {
  /** A stored one, in the order of their numbers. */
  take(checkpoint: SignedCheckpoint): void;
  /**
   * One that was kept elsewhere. To be taken after the stored ones.
   * @param heads those of its heads that are looked at; all of them unless given
   */
  takeOther(checkpoint: SignedCheckpoint, called: string, heads?: readonly AuditHead[]): void;
  /** One over one chain, which no other follows: of the newest key, therefore. */
  takeAlone(checkpoint: SignedCheckpoint, called: string): void;
  readonly faults: readonly AuditFault[];
  /** One after the other: more than one where the key was replaced. */
  readonly signers: readonly Signer[];
  readonly count: number;
};

/**
 * Checks the signatures of checkpoints and that none of the stored ones is gone; what they say of entries goes into `marks`.
 * @param hasStored false: there are none to compare with, as in the export of one team.
 */
export function createCheckpointVerifier(keys: SigningKeys, marks: ChainMarks, hasStored: boolean): CheckpointVerifier {
  const faults: AuditFault[] = [];
  const hashes = new Map<number, string>();
  let last: { number: number; hash: string } | null = null;
  let count = 0;
  const newest = keyIdOf(keys.newest);
  const replaced = new Map(keys.replaced.map((key) => [keyIdOf(key), key]));
  replaced.delete(newest);
  const signers: { key: string; from: number; to: number }[] = [];

  const add = (what: string): void => {
    faults.push({ kind: 'checkpoint', team: null, from: null, to: null, id: null, what });
  };
  const isGenuine = (checkpoint: SignedCheckpoint, called: string): boolean => {
    count += 1;
    if (isSignedWith(checkpoint, replaced.get(checkpoint.key) ?? keys.newest)) return true;
    add(`${called} is not signed with this key, or was changed`);
    return false;
  };
  const noteSigner = (checkpoint: SignedCheckpoint, number: number): void => {
    const key = replaced.has(checkpoint.key) ? checkpoint.key : newest;
    const before = signers.at(-1);
    if (before?.key === key) before.to = number;
    else signers.push({ key, from: number, to: number });
    if (before?.key === newest && key !== newest)
      add(`checkpoint ${number} is signed with a key that was replaced before`);
  };
  /** What a replaced key signed is no better than the log that names it, unless the newest signed over it. */
  const unconfirmed = (): AuditFault[] => {
    const end = signers.at(-1);
    if (end === undefined || end.key === newest) return [];
    const what = `checkpoint ${end.to} is signed with a key that was replaced, and none of the newest key follows`;
    return [{ kind: 'checkpoint', team: null, from: null, to: null, id: null, what }];
  };

  return {
    take(checkpoint) {
      const number = checkpoint.number ?? 0;
      const called = `checkpoint ${number}`;
      const expected: number = (last?.number ?? 0) + 1;
      if (number > expected) {
        add(
          number - 1 === expected
            ? `checkpoint ${expected} is gone`
            : `checkpoints ${expected} to ${number - 1} are gone`,
        );
      } else if (number < expected) add(`${called} comes after checkpoint ${expected - 1}`);
      else if (checkpoint.previous !== (last?.hash ?? null)) add(`${called} does not follow the one before it`);
      if (isGenuine(checkpoint, called)) marks.add(called, checkpoint.heads);
      noteSigner(checkpoint, number);
      last = { number, hash: checkpointHash(checkpoint) };
      hashes.set(number, last.hash);
    },
    takeOther(checkpoint, called, heads = checkpoint.heads) {
      if (!isGenuine(checkpoint, called)) return;
      marks.add(called, heads);
      const { number } = checkpoint;
      if (number === null || !hasStored) return;
      const stored = hashes.get(number);
      if (stored === undefined) add(`${called} is number ${number}, which is not among the stored ones any more`);
      else if (stored !== checkpointHash(checkpoint)) add(`${called} is another number ${number} than the stored one`);
    },
    takeAlone(checkpoint, called) {
      if (!isGenuine(checkpoint, called)) return;
      if (!replaced.has(checkpoint.key)) marks.add(called, checkpoint.heads);
      else add(`${called} is signed with a key that was replaced`);
    },
    get faults() {
      return [...faults, ...unconfirmed()];
    },
    signers,
    get count() {
      return count;
    },
  };
}
