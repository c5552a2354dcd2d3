import type { Finding } from '../../finding.ts';
import { counted, dayMs, failed, listed, notApplicable, passed } from '../../finding.rules.ts';

export type KeyUseFact = {
  id: string;
  createdAtMs: number;
  lastUsedAtMs: number | null;
  /** Bound to a member who was removed. */
  ownerLeft: boolean;
};

const idleDays = 90;

/** No active key is idle for over 90 days, from its making when it was never used, and none is of somebody who left. */
export function judgeKeyUse(keys: readonly KeyUseFact[], nowMs: number): Finding {
  if (keys.length === 0) return notApplicable('The team has no active api key.');
  const idleDaysOf = ({ createdAtMs, lastUsedAtMs }: KeyUseFact): number =>
    Math.floor((nowMs - (lastUsedAtMs ?? createdAtMs)) / dayMs);
  const idle = keys.filter((key) => idleDaysOf(key) > idleDays);
  const left = keys.filter(({ ownerLeft }) => ownerLeft);
  const values = {
    keys: keys.length,
    idleKeys: idle.length,
    keysOfFormerMembers: left.length,
    longestIdleDays: Math.max(...keys.map(idleDaysOf)),
  };
  const faults = [
    idle.length === 0 ? null : `${listed(idle.map(({ id }) => id))} was not used for over ${idleDays} days`,
    left.length === 0 ? null : `${listed(left.map(({ id }) => id))} is of a member who left`,
  ].filter((text) => text !== null);
  if (faults.length > 0) {
    return failed(`Keys serve nobody: ${faults.join('; ')}.`, values, 'DELETE /v1/teams/{team}/api-keys/{apiKey}');
  }
  return passed(`${counted(keys.length, 'api key')}, each in use or younger than ${idleDays} days.`, values);
}
