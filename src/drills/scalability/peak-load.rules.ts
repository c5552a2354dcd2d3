import type { LoadSlice } from './load-plan.ts';

/** What a team declared of its peak; what is left out is none. */
export type Traffic = {
  eventsPerSecond?: number;
  inboundPerSecond?: number;
  callsPerSecond?: number;
  deliveriesPerSecond?: number;
};

const copiesMost = 20;

/** To how many endpoints everything goes, so that as much is delivered as is declared. */
export function copiesOf({ eventsPerSecond = 0, inboundPerSecond = 0, deliveriesPerSecond = 0 }: Traffic): number {
  const accepted = eventsPerSecond + inboundPerSecond;
  if (accepted <= 0) return 1;
  return Math.min(copiesMost, Math.max(1, Math.round(deliveriesPerSecond / accepted)));
}

const barMost = 30;

/** One line for each tenth of the time: p95 until accepted, and from there to the first attempt. */
export function plotOf(slices: readonly LoadSlice[]): string[] {
  const most = Math.max(1, ...slices.map(({ acceptP95Ms, attemptP95Ms }) => acceptP95Ms + attemptP95Ms));
  const bar = (ms: number, sign: string): string => sign.repeat(Math.round((ms / most) * barMost));
  return slices.map(({ acceptP95Ms, attemptP95Ms }, index) => {
    const bars = bar(acceptP95Ms, '#') + bar(attemptP95Ms, '=');
    return `${String(index + 1).padStart(2)}/${slices.length} ${bars} ${acceptP95Ms} + ${attemptP95Ms} ms`;
  });
}
