import type { KeyObject } from 'node:crypto';
import type { AuditHead } from './audit-entry.ts';
import { checkpointHash, isSignedWith, type SignedCheckpoint } from './checkpoint.rules.ts';
import type { AuditFault, ChainMarks } from './verify-chain.rules.ts';

export type CheckpointVerifier = {
  /** A stored one, in the order of their numbers. */
  take(checkpoint: SignedCheckpoint): void;
  /**
   * One that was kept elsewhere, or is over one chain. To be taken after the stored ones.
   * @param heads those of its heads that are looked at; all of them unless given
   */
  takeOther(checkpoint: SignedCheckpoint, called: string, heads?: readonly AuditHead[]): void;
  readonly faults: readonly AuditFault[];
  readonly count: number;
};

/**
 * Checks the signatures of checkpoints and that none of the stored ones is gone; what they say of entries goes into `marks`.
 * @param hasStored false: there are none to compare with, as in the export of one team.
 */
export function createCheckpointVerifier(
  publicKey: KeyObject,
  marks: ChainMarks,
  hasStored: boolean,
): CheckpointVerifier {
  const faults: AuditFault[] = [];
  const hashes = new Map<number, string>();
  let last: { number: number; hash: string } | null = null;
  let count = 0;

  const add = (what: string): void => {
    faults.push({ kind: 'checkpoint', team: null, from: null, to: null, id: null, what });
  };
  const isGenuine = (checkpoint: SignedCheckpoint, called: string): boolean => {
    count += 1;
    if (isSignedWith(checkpoint, publicKey)) return true;
    add(`${called} is not signed with this key, or was changed`);
    return false;
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
    faults,
    get count() {
      return count;
    },
  };
}
