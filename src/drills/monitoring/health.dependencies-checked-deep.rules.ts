import { unknown } from '../../readiness/finding.rules.ts';
import type { Finding } from '../../readiness/finding.ts';
import { type Demand, verdict } from '../reliability/verdict.rules.ts';

/** Something was taken from a node, and given back. Times are null where it did not come to that. */
export type Taken = {
  what: string;
  /** Of `/readyz`, after it was taken. */
  redAfterMs: number | null;
  /** The checks that were not well then. */
  named: readonly string[];
  /** The check that is to name it. */
  check: string;
  greenAfterMs: number | null;
  /** Answers of `/livez` other than 200 meanwhile. */
  dead: number;
  /** It did not start without, and said why. */
  refusedToStart: boolean;
};

/** `controlMs`: how long `/readyz` took while nothing was missing. */
export type HealthFacts = { controlMs: number; taken: readonly Taken[] };

const withinMs = 10_000;
const tooLoadedMs = 2_000;

export function judgeHealth({ controlMs, taken }: HealthFacts): Finding {
  const values = Object.fromEntries([
    ['controlMs', controlMs],
    ...taken.flatMap(({ what, redAfterMs, greenAfterMs }) => [
      [`${what}: red after ms`, redAfterMs],
      [`${what}: green after ms`, greenAfterMs],
    ]),
  ]) as Record<string, number | null>;
  if (controlMs > tooLoadedMs) {
    return unknown(`With nothing missing /readyz took ${controlMs} ms: the machine is too loaded to tell.`, values);
  }
  return verdict(
    taken.flatMap(demandsOf),
    `Without ${taken.map(({ what }) => what).join(', ')} /readyz was 503, named it, and was 200 again afterwards.`,
    values,
  );
}

function demandsOf({ what, redAfterMs, named, check, greenAfterMs, dead, refusedToStart }: Taken): Demand[] {
  const back: Demand = [isInTime(greenAfterMs), `${withinMs / 1000} s after ${what} was back, /readyz was not 200.`];
  if (refusedToStart) return [back];
  return [
    [isInTime(redAfterMs), `Without ${what} /readyz was 200 for more than ${withinMs / 1000} s.`],
    [redAfterMs === null || named.includes(check), `Without ${what} it named ${named.join() || 'nothing'}.`],
    [dead === 0, `Without ${what} /livez was not 200.`],
    back,
  ];
}

function isInTime(tookMs: number | null): boolean {
  return tookMs !== null && tookMs <= withinMs;
}
