import type { Finding } from '../../finding.ts';
import { counted, failed, listed, notApplicable, passed, unknown } from '../../finding.rules.ts';
import { undeclared } from '../declared.rules.ts';
import { type Lookup, lookupsMost } from './goroute-lookup.rules.ts';

export type RegisteredFacts =
  | { concerned: false; why: string }
  | {
      concerned: true;
      participants: readonly {
        identifier: string;
        name: string | null;
        country: string | null;
        accessPoint: string | null;
      }[];
      lookups: readonly Lookup[];
    };

/** Every declared participant is found, at the access point that is expected and at no other, under its name. */
export function judgeRegistered(facts: RegisteredFacts): Finding {
  if (!facts.concerned) return notApplicable(facts.why);
  const { participants, lookups } = facts;
  if (participants.length === 0) return undeclared('participants', 'who sends and receives');
  const pairs = lookups.map((lookup) => ({
    ...lookup,
    expected: participants.find(({ identifier }) => identifier === lookup.identifier),
  }));
  const missing = pairs.filter(({ registered }) => registered === false);
  const silent = pairs.filter(({ registered }) => registered === null);
  const several = pairs.filter(({ accessPoints }) => accessPoints.length > 1);
  const elsewhere = pairs.filter(
    ({ accessPoints, expected }) =>
      typeof expected?.accessPoint === 'string' &&
      accessPoints.length === 1 &&
      accessPoints[0] !== expected.accessPoint,
  );
  const renamed = pairs.filter(
    ({ name, country, expected }) => differs(name, expected?.name) || differs(country, expected?.country),
  );
  const values = {
    participants: participants.length,
    lookedUp: lookups.length,
    notRegistered: missing.length,
    elsewhere: elsewhere.length + several.length,
    underAnotherName: renamed.length,
  };
  const faults = [
    fault(missing, 'is not registered'),
    fault(several, 'is at several access points'),
    fault(elsewhere, 'is at another access point'),
    fault(renamed, 'has another name or country there'),
  ].filter((text) => text !== null);
  if (faults.length > 0) {
    return failed(
      `Participants are not as declared: ${faults.join('; ')}.`,
      values,
      'Register it in the production SMP',
    );
  }
  if (silent.length > 0) {
    return unknown(
      `Looking up ${listed(silent.map(({ identifier }) => identifier))} had no answer that can be read.`,
      values,
    );
  }
  if (lookups.length < participants.length) {
    return unknown(`Only ${lookupsMost} of ${participants.length} participants are looked up at once.`, values);
  }
  return passed(`${counted(participants.length, 'participant')}, all registered.`, values);
}

function fault(found: readonly { identifier: string }[], what: string): string | null {
  return found.length === 0 ? null : `${listed(found.map(({ identifier }) => identifier))} ${what}`;
}

function differs(seen: string | null, expected: string | null | undefined): boolean {
  return seen !== null && typeof expected === 'string' && seen.trim().toLowerCase() !== expected.trim().toLowerCase();
}
