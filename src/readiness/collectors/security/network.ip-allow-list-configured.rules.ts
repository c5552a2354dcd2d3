import { networkOf } from '../../../declarations/check-declarations.rules.ts';
import type { Finding } from '../../finding.ts';
import { counted, dayMs, failed, listed, notApplicable, passed, unknown } from '../../finding.rules.ts';
import { undeclared } from '../declared.rules.ts';

export type AllowListFacts = {
  status: string;
  allowAddresses: readonly string[] | null;
  /** What is declared of the source; null: nothing. `addresses` null: the provider publishes none. */
  declared: { addresses: readonly string[] | null; statedOn: string } | null;
  confirmed: { by: string; atMs: number } | null;
  /** Events in 30 days. */
  events: number;
};

const widestBits = { ipv4: 20, ipv6: 48 } as const;
const confirmedDays = 180;

/** A list of addresses, none wider than /20 (IPv6 /48), that a member confirmed lately and that events came through. */
export function judgeAllowList(
  { status, allowAddresses, declared, confirmed, events }: AllowListFacts,
  nowMs: number,
): Finding {
  if (status !== 'active') return notApplicable('The source is paused.');
  if (declared !== null && declared.addresses === null) {
    return notApplicable(`A member noted on ${declared.statedOn} that the provider publishes no addresses.`);
  }
  const command = 'PATCH /v1/teams/{team}/sources/{source} {"allowAddresses": ["192.0.2.0/24"]}';
  if (allowAddresses === null) return failed('Every address may post to this source.', {}, command);
  const wide = allowAddresses.filter((text) => {
    const { bits, family } = networkOf(text);
    return bits < widestBits[family];
  });
  const confirmedDaysAgo = confirmed === null ? null : Math.floor((nowMs - confirmed.atMs) / dayMs);
  const values = { addresses: allowAddresses.length, tooWide: wide.length, confirmedDaysAgo, events30Days: events };
  if (wide.length > 0) return failed(`${listed(wide)} is wider than /20 (IPv6: /48).`, values, command);
  if (declared === null || confirmed === null) return undeclared('addresses', 'which addresses it posts from', values);
  if (!confirmed.by.startsWith('mem_')) {
    return failed(
      'The addresses were confirmed by no member: a key of a machine, or the operator, did.',
      values,
      command,
    );
  }
  if (nowMs - confirmed.atMs > confirmedDays * dayMs) {
    const again = 'posthorn declarations set --file declarations.json --confirm addresses';
    return failed(`The addresses were confirmed ${confirmedDaysAgo ?? 0} days ago.`, values, again);
  }
  if (events === 0) return unknown('Nothing came within 30 days, so the list was never in use.', values);
  return passed(
    `${counted(allowAddresses.length, 'address or network', 'addresses and networks')} may post, and ${counted(events, 'event')} came through.`,
    values,
  );
}
