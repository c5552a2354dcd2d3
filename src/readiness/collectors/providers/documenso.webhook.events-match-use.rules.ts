import type { Finding } from '../../finding.ts';
import { counted, failed, listed, notApplicable, passed } from '../../finding.rules.ts';
import { undeclared } from '../declared.rules.ts';

export type EventUse = {
  provider: string;
  declared: { needed: readonly string[]; unhandled: readonly { eventType: string }[] } | null;
  /** Event types that came in 30 days. */
  came: readonly string[];
  /** Types among these that an active endpoint takes. */
  taken: readonly string[];
};

const always = ['DOCUMENT_COMPLETED', 'DOCUMENT_REJECTED'];

/** What is needed comes and has a taker, and what comes has one or a reason. */
export function judgeEventUse({ provider, declared, came, taken }: EventUse): Finding {
  if (provider !== 'documenso') return notApplicable('It is no source of Documenso.');
  if (declared === null) return undeclared('webhooks', 'which events are needed');
  const { needed } = declared;
  const reasons = new Set(declared.unhandled.map(({ eventType }) => eventType));
  const forgotten = always.filter((type) => !needed.includes(type));
  const absent = needed.filter((type) => !came.includes(type));
  const untaken = needed.filter((type) => !taken.includes(type));
  const idle = came.filter((type) => !needed.includes(type) && !taken.includes(type) && !reasons.has(type));
  const values = {
    needed: needed.length,
    came: came.length,
    neededThatDidNotCome: absent.length,
    neededWithoutTaker: untaken.length,
    cameForNobody: idle.length,
  };
  const faults = [
    forgotten.length === 0 ? null : `${listed(forgotten)} is not among the needed`,
    absent.length === 0 ? null : `${listed(absent)} is needed and did not come within 30 days`,
    untaken.length === 0 ? null : `${listed(untaken)} is needed and no endpoint takes it`,
    idle.length === 0 ? null : `${listed(idle)} comes, and nobody takes it or says why not`,
  ].filter((text) => text !== null);
  if (faults.length > 0) {
    return failed(`Events and their use differ: ${faults.join('; ')}.`, values, 'Documenso: settings, webhooks');
  }
  return passed(`${counted(needed.length, 'event type')} needed, and each comes and has a taker.`, values);
}
