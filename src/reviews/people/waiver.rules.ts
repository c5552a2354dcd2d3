import type { Severity } from '../../readiness/check-definition.ts';
import { dayMs, type Fault, saysSomething } from './fault.rules.ts';

/** That a check does not hold is accepted for a time. People are ids of members; `owner` mends it meanwhile. */
export type Waiver = {
  requestedBy: string;
  owner: string;
  reason: string;
  /** What is done in place of what is missing. */
  control: string;
  requestedAtMs: number;
  expiresAtMs: number;
  approval: { by: string; atMs: number } | null;
};

const longestWaiverDays = 90;

/**
 * What keeps a waiver from being recorded.
 * @param review.standing waivers of the review that were not refused and have not ended, approved or not
 */
export function faultsOfWaiver(
  draft: Omit<Waiver, 'requestedBy' | 'approval'>,
  severity: Severity,
  review: { cap: number; standing: number },
): Fault[] {
  const faults: Fault[] = [];
  if (severity === 'blocker') faults.push({ pointer: '/check', message: 'is a blocker, which nobody waives: mend it' });
  if (!saysSomething(draft.reason)) faults.push({ pointer: '/reason', message: 'says too little: why can it wait?' });
  if (!saysSomething(draft.control)) {
    faults.push({ pointer: '/control', message: 'says too little: what is done in its place until then?' });
  }
  const { requestedAtMs, expiresAtMs } = draft;
  if (!(expiresAtMs > requestedAtMs && expiresAtMs <= requestedAtMs + longestWaiverDays * dayMs)) {
    faults.push({ pointer: '/expiresAt', message: `must lie ahead, by ${longestWaiverDays} days at most` });
  }
  if (review.standing >= review.cap) {
    faults.push({ pointer: '', message: `the review has its ${review.cap} waivers: mend what one of them is for` });
  }
  return faults;
}

/** Why a member may not approve a waiver; null when they may. */
export function refuseApproval(waiver: Waiver, by: string, nowMs: number): string | null {
  if (by === waiver.requestedBy || by === waiver.owner) {
    return 'A waiver is approved by somebody who neither asked for it nor owns it.';
  }
  if (waiver.approval !== null) return 'It was approved already.';
  if (nowMs >= waiver.expiresAtMs) return 'It has ended: ask for a new one.';
  return null;
}

/** Whether a check counts as waived at a time: approved by somebody else, and not ended. */
export function isInForce(waiver: Waiver, nowMs: number): boolean {
  const { approval, requestedBy, owner, requestedAtMs, expiresAtMs } = waiver;
  if (approval === null || approval.by === requestedBy || approval.by === owner) return false;
  if (expiresAtMs > requestedAtMs + longestWaiverDays * dayMs) return false;
  return nowMs >= approval.atMs && nowMs < expiresAtMs;
}
