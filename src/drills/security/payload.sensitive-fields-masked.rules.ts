import type { Finding } from '../../readiness/finding.ts';
import { failed, listed, passed, unknown } from '../../readiness/finding.rules.ts';

/** One look of one role. `reveals`: it asked for what is masked, and its role may. */
export type Look = { role: string; operation: string; reveals: boolean; person: boolean; token: boolean };
export type MaskFacts = {
  looks: readonly Look[];
  /** Looks at what is masked that the audit log has. */
  revealsOnRecord: number;
  /** Roles without the right that found the event by its token. */
  foundByToken: readonly string[];
};

/** Where bodies are shown, to whoever may read events. */
const bodies = /^GET \/v1\/teams\/\{team\}\/(events\/\{id\}(\/body)?|deliveries\/\{id\}|feed|listen)$/;
/** Where events go, and so come whole. */
const whole = /^GET \/v1\/teams\/\{team\}\/(feed|listen)$/;

/** People stand where bodies are shown and nowhere else; tokens only where they are revealed, or events go. */
export function judgeMasks({ looks, revealsOnRecord, foundByToken }: MaskFacts): Finding {
  const reveals = looks.filter(({ reveals: isReveal, token }) => isReveal && token);
  const values = { looks: looks.length, reveals: reveals.length, revealsOnRecord };
  const nameAll = (some: readonly Look[]): string => listed(some.map(({ role, operation }) => `${role}: ${operation}`));
  const tokens = looks.filter(
    ({ token, reveals: isReveal, operation }) => token && !isReveal && !whole.test(operation),
  );
  if (tokens.length > 0) return failed(`A live token was shown to ${nameAll(tokens)}.`, values);
  const people = looks.filter(({ person, operation }) => person && !bodies.test(operation));
  if (people.length > 0) return failed(`A person was shown where no body is, to ${nameAll(people)}.`, values);
  if (foundByToken.length > 0) return failed(`The event was found by its token by ${listed(foundByToken)}.`, values);
  if (reveals.length === 0 || !looks.some(({ person }) => person)) {
    return unknown('Nobody was shown anything, so what was not shown says nothing.', values);
  }
  if (revealsOnRecord < reveals.length) {
    return failed(`${reveals.length} looks at a live token left ${revealsOnRecord} entries in the audit log.`, values);
  }
  return passed('People are shown where bodies are, and a live token to those who may reveal it, on record.', values);
}
