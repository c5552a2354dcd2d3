import { latestRefusalMs, type ProbeState } from '../../../connections/closing-probe.rules.ts';
import type { Finding } from '../../finding.ts';
import { counted, failed, listed, notApplicable, passed, unknown } from '../../finding.rules.ts';

export type ReplacedCredential = {
  name: string;
  state: ProbeState;
  replacedAtMs: number;
  /** When the provider last took it; null: never. */
  acceptedAtMs: number | null;
  /** Null: it is outstanding. */
  closedAtMs: number | null;
};

const command = 'posthorn connections probes <connection> --run';

/** Each was refused within seven days; what still serves a connection was not replaced. */
export function judgeReplaced(credentials: readonly ReplacedCredential[]): Finding {
  const replaced = credentials.filter(({ state }) => state !== 'in-use');
  if (replaced.length === 0) return notApplicable('No credential of it was removed, or ended, within 365 days.');
  const inState = (...states: ProbeState[]) => replaced.filter(({ state }) => states.includes(state));
  const late = inState('refused').filter((each) => (each.closedAtMs ?? 0) - each.replacedAtMs > latestRefusalMs);
  const values = {
    replaced365Days: replaced.length,
    refusedWithin7Days: inState('refused').length - late.length,
    outstanding: inState('outstanding').length,
    stillAccepted: inState('accepted').length,
    notSeen: inState('unanswered', 'not-probed').length,
  };
  const taken = inState('outstanding').filter(({ acceptedAtMs }) => acceptedAtMs !== null);
  if (taken.length > 0) return failed(`The provider still takes ${namesOf(taken)}.`, values, command);
  const accepted = inState('accepted');
  if (accepted.length > 0) {
    return failed(`After 7 days the provider still took ${namesOf(accepted)}.`, values, command);
  }
  if (late.length > 0) return failed(`After more than 7 days the provider refused ${namesOf(late)}.`, values, command);
  const open = inState('outstanding');
  if (open.length > 0) return unknown(`Not decided yet, for no read told: ${namesOf(open)}.`, values, command);
  const unseen = inState('unanswered', 'not-probed');
  if (unseen.length > 0) {
    return unknown(`Nothing showed whether the provider refuses ${namesOf(unseen)}.`, values, command);
  }
  return passed(`The provider refused ${counted(replaced.length, 'removed credential')} within 7 days.`, values);
}

function namesOf(credentials: readonly ReplacedCredential[]): string {
  return listed(credentials.map(({ name }) => `"${name}"`));
}
