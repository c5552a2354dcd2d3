import { digestOf } from './digest.rules.ts';
import type { CheckState, Evidence } from './finding.ts';

/** The hash of evidence: over everything but itself. */
export function hashOfEvidence(evidence: Omit<Evidence, 'hash'>): string {
  const { id, checkId, subject, finding, measuredAtMs, expiresAtMs, collectorVersion } = evidence;
  const { release, environment, configurationDigest } = evidence;
  return digestOf({
    id,
    checkId,
    subject,
    finding,
    measuredAtMs,
    expiresAtMs,
    collectorVersion,
    release,
    environment,
    configurationDigest,
  });
}

/** What is in force now, which evidence may have fallen behind. */
export type Present = { nowMs: number; configurationDigest: string; collectorVersion: number };

export type StateOfCheck = { state: CheckState; because: string | null };

/**
 * The state of a check for a subject: that of its newest evidence, or stale with the reason. Without evidence it is
 * unknown. What is not applicable or unknown can be stale too: it says nothing about the present.
 */
export function stateOf(evidence: Evidence | null, present: Present): StateOfCheck {
  if (evidence === null) return { state: 'unknown', because: 'It was never measured.' };
  if (hashOfEvidence(evidence) !== evidence.hash) {
    return { state: 'unknown', because: 'The stored evidence does not fit its hash: it was changed.' };
  }
  const { configurationDigest, collectorVersion, expiresAtMs } = evidence;
  if (collectorVersion !== present.collectorVersion) {
    return { state: 'stale', because: 'This release judges it by other rules than those it was measured by.' };
  }
  if (configurationDigest !== present.configurationDigest) {
    return { state: 'stale', because: 'The configuration was changed since it was measured.' };
  }
  if (present.nowMs >= expiresAtMs) {
    return { state: 'stale', because: `It was only good until ${new Date(expiresAtMs).toISOString()}.` };
  }
  return { state: evidence.finding.state, because: null };
}
