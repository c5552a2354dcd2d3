import type { Finding } from '../../finding.ts';
import { counted, dayMs, failed, listed, passed } from '../../finding.rules.ts';

export type AuditKeeping = {
  chains: number;
  entries: number;
  /** Chains whose first entries, or some between, are missing. */
  chainsWithGaps: number;
  /** Guards against deletion that are not in force, of those there have to be. */
  guardsOff: readonly string[];
  newestCheckpointMs: number | null;
  /** The oldest entry that no checkpoint is over. */
  oldestUnsignedMs: number | null;
};

const signedWithinMs = dayMs;

/** Entries are kept without an end: from the first on none is missing, nothing can delete them, and they get signed. */
export function judgeAuditKeeping(facts: AuditKeeping, nowMs: number): Finding {
  const { chains, entries, chainsWithGaps, guardsOff, newestCheckpointMs, oldestUnsignedMs } = facts;
  const unsignedHours = oldestUnsignedMs === null ? 0 : Math.floor((nowMs - oldestUnsignedMs) / 3_600_000);
  const values = {
    chains,
    entries,
    chainsWithGaps,
    guardsOff: guardsOff.length,
    checkpointAgeHours: newestCheckpointMs === null ? null : Math.floor((nowMs - newestCheckpointMs) / 3_600_000),
    unsignedHours,
  };
  const faults = [
    chainsWithGaps === 0 ? null : `${counted(chainsWithGaps, 'chain')} lack entries`,
    guardsOff.length === 0 ? null : `entries can be deleted: ${listed(guardsOff)} is off`,
    unsignedHours * 3_600_000 <= signedWithinMs
      ? null
      : `entries of ${unsignedHours} hours ago are under no checkpoint`,
  ].filter((text) => text !== null);
  if (faults.length > 0)
    return failed(`Audit entries are not safely kept: ${faults.join('; ')}.`, values, 'posthorn audit verify');
  return passed(
    `${counted(entries, 'entry', 'entries')} in ${counted(chains, 'chain')}, none missing, kept without an end.`,
    values,
  );
}
