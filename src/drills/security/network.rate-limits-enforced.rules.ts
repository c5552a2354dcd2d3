import type { Finding } from '../../readiness/finding.ts';
import { failed, passed, unknown } from '../../readiness/finding.rules.ts';

/** What came of more requests than are let in. `forMs` from the first to the last. */
export type Flood = {
  called: string;
  perSecond: number;
  forMs: number;
  sent: number;
  letIn: number;
  refused: number;
  /** Refusals that did not say when to come again. */
  withoutRetryAfter: number;
};
export type RateFacts = {
  floods: readonly Flood[];
  /** Of another team, all of whose requests are within its limit. */
  bystander: { refused: number; asked: number; medianBeforeMs: number; medianDuringMs: number };
};

const tolerance = 0.05;
/** Less than this many times the limit is no flood. */
const leastTimes = 1.5;

/** What was let in is the limit, as near as a bucket of one second allows; the rest is refused, and nobody else is. */
export function judgeRates({ floods, bystander }: RateFacts): Finding {
  const values = Object.fromEntries(
    floods.flatMap(({ called, sent, letIn }) => [
      [`${called}: sent`, sent],
      [`${called}: let in`, letIn],
    ]),
  );
  const all = { ...values, medianBeforeMs: bystander.medianBeforeMs, medianDuringMs: bystander.medianDuringMs };
  for (const { called, perSecond, forMs, sent, letIn, refused, withoutRetryAfter } of floods) {
    const flow = (perSecond * forMs) / 1000;
    const most = (flow + perSecond) * (1 + tolerance) + 1;
    if (letIn > most) {
      return failed(`${letIn} of ${sent} requests of ${called} were let in, at most ${Math.floor(most)} may be.`, all);
    }
    if (sent < flow * leastTimes) return unknown(`This machine sent only ${sent} requests of ${called}.`, all);
    if (letIn < flow * (1 - tolerance) - 1) {
      return failed(`Only ${letIn} requests of ${called} were let in, ${Math.floor(flow)} may be.`, all);
    }
    if (letIn + refused !== sent) {
      return failed(`${sent - letIn - refused} requests of ${called} were answered neither 2xx nor 429.`, all);
    }
    if (withoutRetryAfter > 0) return failed(`${withoutRetryAfter} refusals of ${called} had no Retry-After.`, all);
  }
  if (bystander.refused > 0) return failed(`${bystander.refused} requests of another team were refused too.`, all);
  const { medianBeforeMs, medianDuringMs, asked } = bystander;
  if (asked === 0 || medianDuringMs > 3 * medianBeforeMs + 250) {
    return unknown('Another team waited longer, on a machine that is too busy to say what for.', all);
  }
  return passed(
    'Floods over a key and over a source were held to their limits; another team was answered as before.',
    all,
  );
}
