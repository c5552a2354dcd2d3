import type { Finding } from '../../readiness/finding.ts';
import { verdict } from '../reliability/verdict.rules.ts';

export type CredentialRotationFacts = {
  /** In the order of their beginnings. `usedCredential`: what the ledger says; `provedAs`: what the provider was shown. */
  calls: readonly {
    startedAtMs: number;
    status: number;
    usedCredential: string | null;
    provedAs: 'first' | 'second' | null;
  }[];
  /** When the addition and the removal had been answered. */
  addedAtMs: number;
  removedAtMs: number;
  secondCredential: string;
  /** Stored credentials of the connection in the end, and whether the first is among them. */
  stored: number;
  firstIsStored: boolean;
};

/** Nodes hear of a change within this. */
const heardMs = 1_000;

export function judgeCredentialRotation(facts: CredentialRotationFacts): Finding {
  const { calls, addedAtMs, removedAtMs, secondCredential, stored, firstIsStored } = facts;
  const refused = calls.filter(({ status }) => status === 401 || status === 403).length;
  const unanswered = calls.filter(({ status }) => status !== 200).length;
  const before = calls.filter(({ startedAtMs, provedAs }) => startedAtMs < addedAtMs && provedAs === 'first');
  const since = calls.filter(({ startedAtMs }) => startedAtMs >= addedAtMs + heardMs);
  const onRecord = since.filter(({ usedCredential }) => usedCredential !== secondCredential).length;
  const shown = since.filter(({ provedAs }) => provedAs !== 'second').length;
  const afterRemoval = calls.filter(({ startedAtMs }) => startedAtMs >= removedAtMs + heardMs).length;
  return verdict(
    [
      [
        before.length > 0 && since.length > 0 && afterRemoval > 0,
        'No calls went out before, between and after the changes.',
      ],
      [refused === 0, `${refused} callers were answered 401 or 403.`],
      [unanswered === refused, `${unanswered - refused} calls were not answered 200.`],
      [onRecord === 0, `${onRecord} calls begun after the addition are not on record with the new credential.`],
      [shown === 0, `${shown} calls begun after the addition brought what came of the former credential.`],
      [stored === 1 && !firstIsStored, 'What was removed is still stored.'],
    ],
    `All ${calls.length} calls were answered, those after the addition by the new credential, and the former is gone.`,
    { calls: calls.length, before: before.length, since: since.length, afterRemoval, refused, unanswered },
  );
}
