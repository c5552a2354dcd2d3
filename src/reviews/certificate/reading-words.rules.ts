import type { CheckState, Evidence } from '../../readiness/finding.ts';

/** States in the order in which people read them: what holds, what is open, what does not concern this. */
export const statesInOrder: readonly CheckState[] = [
  'passed',
  'attested',
  'waived',
  'stale',
  'unknown',
  'failed',
  'not-applicable',
];

/** What a state is called in a certificate, and its colour on paper. */
export const stateLooks: Readonly<Record<CheckState, { name: string; colour: string }>> = {
  passed: { name: 'passed', colour: '#1f7a4d' },
  attested: { name: 'attested', colour: '#1b6f8f' },
  waived: { name: 'waived', colour: '#7a5aa6' },
  stale: { name: 'stale', colour: '#b35c00' },
  unknown: { name: 'not decided', colour: '#6b7480' },
  failed: { name: 'failed', colour: '#b3261e' },
  'not-applicable': { name: 'does not apply', colour: '#c9d0d8' },
};

/** What evidence saw; null where it says something else to each review: what it says to this one is why it stands so. */
export function seenForAll(evidence: Evidence | null): string | null {
  return evidence === null || evidence.finding.reviews !== undefined ? null : evidence.finding.seen;
}

/** To the minute, in UTC. */
export function shownTime(at: number | string): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** `section` as a heading. */
export function capitalised(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1).replaceAll('-', ' ');
}

/** Whether a check neither holds nor is let pass. */
export function isOpen(state: CheckState): boolean {
  return state === 'failed' || state === 'unknown' || state === 'stale';
}
