import { isWithin } from '../../../declarations/check-declarations.rules.ts';
import type { Finding } from '../../finding.ts';
import { counted, dayMs, failed, listed, notApplicable, passed, unknown } from '../../finding.rules.ts';
import { undeclared } from '../declared.rules.ts';

export type SourceAddresses = {
  provider: string;
  allowAddresses: readonly string[] | null;
  declared: { addresses: readonly string[] | null; statedOn: string; statedBy: string } | null;
  /** Where requests came from that were refused by their address in 30 days, as far as it is on record. */
  refused: readonly string[];
};

const longestDays = 90;
const command = 'PATCH /v1/teams/{team}/sources/{source} {"allowAddresses": ["192.0.2.0/24"]}';

/** The addresses that support named are allowed, all of them and nothing beside them, and the list is recent. */
export function judgeSourceAddresses(
  { provider, allowAddresses, declared, refused }: SourceAddresses,
  nowMs: number,
): Finding {
  if (provider !== 'goroute') return notApplicable('It is no source of GoRoute.');
  if (allowAddresses === null) return notApplicable('The source takes requests from every address.');
  const list = declared?.addresses ?? null;
  if (declared === null) return undeclared('addresses', 'which addresses GoRoute posts from');
  if (list === null || list.length === 0)
    return unknown('No address of GoRoute is on record, and only some are allowed.');
  const missing = list.filter((each) => !allowAddresses.some((allowed) => isWithin(each, allowed)));
  const beside = allowAddresses.filter((allowed) => !list.some((each) => isWithin(allowed, each)));
  const turnedAway = refused.filter((address) => list.some((each) => isWithin(address, each)));
  const ageDays = Math.floor((nowMs - Date.parse(declared.statedOn)) / dayMs);
  const values = {
    declaredAddresses: list.length,
    missing: missing.length,
    beside: beside.length,
    refusedOnesOnTheList: turnedAway.length,
    listAgeDays: ageDays,
  };
  const faults = [
    missing.length === 0 ? null : `${listed(missing)} is on the list and not allowed`,
    beside.length === 0 ? null : `${listed(beside)} is allowed and not on the list`,
    turnedAway.length === 0 ? null : `requests from ${listed(turnedAway)} were refused`,
    ageDays <= longestDays ? null : `the list is ${ageDays} days old`,
  ].filter((text) => text !== null);
  if (faults.length > 0) return failed(`Addresses do not agree: ${faults.join('; ')}.`, values, command);
  return passed(
    `${counted(list.length, 'address or network', 'addresses and networks')} of ${declared.statedOn}, all allowed.`,
    values,
  );
}
