import type { Finding } from '../../finding.ts';
import { counted, failed, listed, notApplicable, passed, unknown } from '../../finding.rules.ts';
import { undeclared } from '../declared.rules.ts';
import { type Lookup, lookupsMost } from './goroute-lookup.rules.ts';

export type DocumentTypeFacts =
  | { concerned: false; why: string }
  | {
      concerned: true;
      own: number;
      documentTypes: readonly { name: string; identifier: string }[] | null;
      lookups: readonly Lookup[];
    };

/** Every own participant is registered for each declared document type, and for none that is not declared. */
export function judgeDocumentTypes(facts: DocumentTypeFacts): Finding {
  if (!facts.concerned) return notApplicable(facts.why);
  const { own, documentTypes, lookups } = facts;
  if (own === 0) return undeclared('participants', 'which participant identifiers are ours');
  if (documentTypes === null || documentTypes.length === 0)
    return undeclared('exchange', 'which document types we exchange');
  const known = new Set(documentTypes.map(({ identifier }) => identifier));
  const silent = lookups.filter(({ status, registered }) => status !== 200 || registered !== true);
  const lacking = lookups
    .filter((each) => !silent.includes(each))
    .flatMap(({ identifier, documentTypes: listedTypes }) =>
      documentTypes
        .filter((each) => !listedTypes.includes(each.identifier))
        .map(({ name }) => `${name} of ${identifier}`),
    );
  const surplus = new Set(lookups.flatMap(({ documentTypes: types }) => types.filter((type) => !known.has(type))));
  const values = {
    ownParticipants: own,
    declaredTypes: documentTypes.length,
    notRegistered: lacking.length,
    registeredForNobody: surplus.size,
  };
  const faults = [
    lacking.length === 0 ? null : `${listed(lacking)} is not registered`,
    surplus.size === 0
      ? null
      : `${listed([...surplus].map((type) => type.slice(0, 120)))} is registered, and nobody handles it`,
  ].filter((text) => text !== null);
  if (faults.length > 0) {
    return failed(
      `Document types differ: ${faults.join('; ')}.`,
      values,
      'Register it in the production SMP, or declare it',
    );
  }
  if (silent.length > 0) {
    return unknown(
      `The types of ${listed(silent.map(({ identifier }) => identifier))} could not be looked up.`,
      values,
    );
  }
  if (lookups.length < own) return unknown(`Only ${lookupsMost} of ${own} participants are looked up at once.`, values);
  return passed(
    `${counted(documentTypes.length, 'document type')}, registered for ${counted(own, 'participant')}.`,
    values,
  );
}
