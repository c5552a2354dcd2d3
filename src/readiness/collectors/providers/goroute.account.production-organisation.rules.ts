import type { Finding } from '../../finding.ts';
import { failed, listed, notApplicable, passed, unknown } from '../../finding.rules.ts';
import { undeclared } from '../declared.rules.ts';
import { leavesOf } from '../json-leaves.rules.ts';

export type OrganisationFacts =
  | { concerned: false; why: string }
  | {
      concerned: true;
      answer: { status: number; problem: string | null; texts: readonly string[]; sandboxMarks: number };
      identifiers: readonly { scheme: string; value: string }[];
      /** The organisation's id at GoRoute as declared; null: not declared. */
      organisation: string | null;
      /** `organization_id` of webhooks of 7 days. */
      webhookOrganisations: readonly string[];
    };

/** The declared entity is among the organisations that the key sees, none of them is a sandbox, and webhooks agree. */
export function judgeOrganisation(facts: OrganisationFacts): Finding {
  if (!facts.concerned) return notApplicable(facts.why);
  const { answer, identifiers, organisation, webhookOrganisations } = facts;
  if (identifiers.length === 0) return undeclared('legalEntity', 'who we are, by an identifier');
  if (organisation === null) return undeclared('providers', 'which organisation at GoRoute is ours');
  const command = 'posthorn connections check <connection>';
  if (answer.status === 401 || answer.status === 403) return failed('GoRoute refused the key.', {}, command);
  if (answer.status !== 200) {
    return unknown(`The organisations could not be listed (${answer.problem ?? answer.status}).`, {}, command);
  }
  const texts = new Set(answer.texts);
  const isShown = identifiers.some(({ scheme, value }) => texts.has(value) || texts.has(`${scheme}:${value}`));
  const others = webhookOrganisations.filter((each) => each !== organisation);
  const values = {
    declaredEntityShown: isShown,
    declaredOrganisationShown: texts.has(organisation),
    sandboxMarks: answer.sandboxMarks,
    webhookOrganisations: webhookOrganisations.length,
    otherOrganisations: others.length,
  };
  const faults = [
    isShown ? null : 'the key sees no organisation with an identifier of the declared legal entity',
    texts.has(organisation) ? null : 'the declared organisation is none that the key sees',
    answer.sandboxMarks === 0 ? null : 'an organisation that it sees is marked as a sandbox',
    others.length === 0 ? null : `webhooks came from ${listed(others)}`,
  ].filter((text) => text !== null);
  if (faults.length > 0)
    return failed(`The key is not of the declared organisation: ${faults.join('; ')}.`, values, command);
  return passed('The key sees the declared organisation, and webhooks name it.', values);
}

/** What an answer holds: all its texts, and how often it says that something is a sandbox. */
export function readOrganisations(body: string): { texts: string[]; sandboxMarks: number } {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { texts: [], sandboxMarks: 0 };
  }
  const leaves = leavesOf(value);
  const marks = leaves.filter(
    ({ name, value: each }) =>
      (/^(environment|mode|type|status)$/i.test(name) && /^(sandbox|test)$/i.test(String(each))) ||
      (/sandbox/i.test(name) && each === true),
  );
  return { texts: leaves.map((leaf) => String(leaf.value)), sandboxMarks: marks.length };
}
