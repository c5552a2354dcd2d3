import type { Finding } from '../../finding.ts';
import { counted, failed, listed, notApplicable, passed, unknown } from '../../finding.rules.ts';
import type { StrayCredential } from '../../instruments.ts';

export type StoredCredential = {
  environment: 'sandbox' | 'production';
  credentials: number;
  /** Of this connection, where they were found on the node. */
  strays: readonly StrayCredential[];
  /** Those that a file or a command gives. */
  unread: number;
  /** Whether the application made any call in 7 days. */
  called: boolean;
  /** Calls of 7 days, since the newest credential was entered, that came with one; by kind. */
  brought: readonly { kind: 'own' | 'other'; calls: number; lastCallId: string }[];
};

const command = 'posthorn connections rotate <connection>';
const words = { own: 'the credential of this connection', other: 'a credential beside its API key' } as const;

/** Sealed here, or where a reference points, and nowhere else as far as the node and its callers show. */
export function judgeStored(facts: StoredCredential): Finding {
  if (facts.environment !== 'production') return notApplicable('It is a connection to the sandbox.');
  const { strays, brought } = facts;
  const values = {
    credentials: facts.credentials,
    placesOnThisNode: strays.length,
    notLookedFor: facts.unread,
    callsWithOwnCredential7Days: callsOf(facts, 'own'),
    callsWithOtherCredential7Days: callsOf(facts, 'other'),
  };
  const seen = [
    ...(strays.length === 0
      ? []
      : [`On this node ${listed(strays.map(({ credential, place }) => `"${credential}" stands in ${place}`))}.`]),
    ...brought.map(
      ({ kind, calls, lastCallId }) =>
        `The application sent ${words[kind]} with ${counted(calls, 'call')}, last with ${lastCallId}.`,
    ),
  ];
  if (seen.length > 0) return failed(seen.join(' '), values, command);
  if (facts.credentials === 0) return unknown('The connection has no credential.', values, command);
  if (!facts.called) return unknown('The application made no call in 7 days: what it sends is not known.', values);
  const left = facts.unread === 0 ? '' : ` ${counted(facts.unread, 'field')} from files or commands not looked for.`;
  return passed(`Neither this node nor the headers and URLs of the application's calls held one.${left}`, values);
}

function callsOf({ brought }: StoredCredential, kind: 'own' | 'other'): number {
  return brought.reduce((sum, each) => sum + (each.kind === kind ? each.calls : 0), 0);
}
