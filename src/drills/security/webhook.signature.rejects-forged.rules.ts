import type { Finding } from '../../readiness/finding.ts';
import { counted, failed, listed, passed, unknown } from '../../readiness/finding.rules.ts';

/** One request that was sent, what came back, and how many events came of it. */
export type SentForgery = { kind: string; status: number | null; eventsMore: number };
export type ForgeryFacts = {
  forgeries: readonly SentForgery[];
  /** One that the provider could have made, and the very same once more. */
  genuine: SentForgery;
  replayed: SentForgery;
};

/** The least that says anything: without them a source was not tried. */
const always = ['no signature', 'an empty signature', 'a signature cut off', 'a signature by another secret'];

/** Nothing forged is let in, a true request is stored, and the same again is no second event. */
export function judgeForgeries({ forgeries, genuine, replayed }: ForgeryFacts): Finding {
  const values = {
    forged: forgeries.length,
    letIn: forgeries.filter(isLetIn).length,
    genuineStatus: genuine.status,
    genuineStored: genuine.eventsMore,
    replayedStored: replayed.eventsMore,
  };
  const missing = always.filter((kind) => forgeries.every((sent) => sent.kind !== kind));
  if (missing.length > 0) return unknown(`These were not tried: ${listed(missing)}.`, values);
  const letIn = forgeries.filter(isLetIn).map(({ kind }) => kind);
  if (letIn.length > 0) {
    return failed(`A request with ${listed(letIn)} was let in.`, values, 'posthorn sources show <source>');
  }
  const unanswered = forgeries.filter(({ status }) => status === null).map(({ kind }) => kind);
  if (unanswered.length > 0) return unknown(`Requests with ${listed(unanswered)} were not answered.`, values);
  if (genuine.eventsMore !== 1 || !isSuccess(genuine.status)) {
    const seen = `A true request was answered ${genuine.status ?? 'nothing'} and stored ${genuine.eventsMore} times.`;
    return failed(`${seen} So what was refused says nothing.`, values);
  }
  if (replayed.eventsMore !== 0) return failed('A true request that was sent again became a second event.', values);
  const kinds = counted(forgeries.length, 'forged request');
  return passed(`A twin of the source refused ${kinds} and stored a true one, once although it came twice.`, values);
}

function isLetIn({ status, eventsMore }: SentForgery): boolean {
  return eventsMore > 0 || isSuccess(status);
}

function isSuccess(status: number | null): boolean {
  return status !== null && status >= 200 && status < 300;
}
