import type { Finding } from '../../finding.ts';
import { failed, listed, notApplicable, passed } from '../../finding.rules.ts';
import { undeclared } from '../declared.rules.ts';

export type RegistrationFacts = {
  provider: string;
  /** Where the source takes requests. */
  url: string;
  registrations: readonly { url: string; active: boolean; events: readonly string[] }[];
  /** Handled, as declared; null: not declared. */
  needed: readonly string[] | null;
  /** Event types of verified webhooks in 30 days. */
  came: readonly string[];
};

const outcomes = ['transaction.delivered', 'transaction.failed'];

/** One active registration with the source's own URL over https and every event that is handled, each outcome seen. */
export function judgeRegistration({ provider, url, registrations, needed, came }: RegistrationFacts): Finding {
  if (provider !== 'goroute') return notApplicable('It is no source of GoRoute.');
  if (registrations.length === 0) return undeclared('registrations', 'how the webhook is registered at GoRoute');
  if (needed === null) return undeclared('webhooks', 'which events are handled');
  const own = registrations.filter((each) => each.url === url && each.active);
  const events = new Set(own.flatMap((each) => each.events));
  const elsewhere = registrations.filter((each) => each.url !== url).map((each) => hostAndPath(each.url));
  const lacking = needed.filter((type) => !events.has(type));
  const unseen = outcomes.filter((type) => !came.includes(type));
  const values = {
    registrations: registrations.length,
    elsewhere: elsewhere.length,
    registeredEvents: events.size,
    handledEvents: needed.length,
    outcomesSeen: outcomes.length - unseen.length,
  };
  const faults = [
    url.startsWith('https://') ? null : `${url} is not https`,
    elsewhere.length === 0 ? null : `GoRoute posts to ${listed(elsewhere)}`,
    own.length > 0 ? null : 'no active registration has the URL of this source',
    lacking.length === 0 || own.length === 0 ? null : `${listed(lacking)} is handled and not registered`,
    unseen.length === 0 ? null : `no ${listed(unseen)} came within 30 days`,
  ].filter((text) => text !== null);
  const command = `POST /api/v1/webhooks at GoRoute with ${url}, then its test`;
  if (faults.length > 0) return failed(`The registration does not fit: ${faults.join('; ')}.`, values, command);
  return passed(`GoRoute posts to ${url}, and every outcome came and verified.`, values);
}

/** Without what may be secret in it. */
function hostAndPath(url: string): string {
  return URL.canParse(url) ? `${new URL(url).host}${new URL(url).pathname}` : 'something that is no URL';
}
