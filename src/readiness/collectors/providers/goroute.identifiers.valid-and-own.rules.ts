import type { DeclarationParts } from '../../../declarations/declaration-schemas.ts';
import { isTestIdentifier, problemOfIdentifier } from '../../../declarations/identifier.rules.ts';
import type { Finding } from '../../finding.ts';
import { counted, failed, listed, notApplicable, passed } from '../../finding.rules.ts';
import { undeclared } from '../declared.rules.ts';

export type IdentifierFacts = {
  /** Whether the team has a production connection to GoRoute. */
  concerned: boolean;
  participants: NonNullable<DeclarationParts['participants']>;
  legalEntity: DeclarationParts['legalEntity'] | null;
};

/** Each identifier is well-formed and none is for tests; own ones are those of the declared legal entity, with a proof. */
export function judgeIdentifiers({ concerned, participants, legalEntity }: IdentifierFacts): Finding {
  if (!concerned) return notApplicable('The team has no production connection to GoRoute.');
  const own = participants.filter(({ owner }) => owner === 'own');
  if (own.length === 0) return undeclared('participants', 'which participant identifiers are ours');
  if (legalEntity === null || legalEntity === undefined) return undeclared('legalEntity', 'who we are');
  const wrong = participants.filter((each) => problemOfIdentifier(each) !== null);
  const forTests = participants.filter(isTestIdentifier);
  const foreign = own.filter(
    ({ scheme, value }) =>
      !legalEntity.identifiers.some(
        (each) =>
          (each.scheme === scheme && each.value === value) || (each.scheme === 'VAT' && each.value.includes(value)),
      ),
  );
  const proofOf = ({ scheme, value }: { scheme: string; value: string }) =>
    legalEntity.identifiers.find((each) => each.scheme === scheme && each.value === value)?.proof;
  const unproven = own.filter((each) => each.proof === undefined && proofOf(each) === undefined);
  const values = {
    identifiers: participants.length,
    own: own.length,
    wrong: wrong.length,
    forTests: forTests.length,
    notOfTheEntity: foreign.length,
    withoutProof: unproven.length,
  };
  const faults = [
    ...wrong.map((each) => `${textOf(each)}: ${problemOfIdentifier(each) ?? ''}`).slice(0, 5),
    forTests.length === 0 ? null : `${listed(forTests.map(textOf))} is there for tests`,
    foreign.length === 0 ? null : `${listed(foreign.map(textOf))} is none of the declared legal entity`,
    unproven.length === 0 ? null : `for ${listed(unproven.map(textOf))} no proof is on record`,
  ].filter((text) => text !== null);
  if (faults.length > 0)
    return failed(`Identifiers are not right: ${faults.join('; ')}.`, values, 'posthorn declarations show');
  return passed(`${counted(participants.length, 'identifier')}, well-formed, and the own ones proven.`, values);
}

function textOf({ scheme, value }: { scheme: string; value: string }): string {
  return `${scheme}:${value}`;
}
