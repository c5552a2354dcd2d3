/** A member signed for a duty: `evidenceHash` is of the evidence set as it was. */
export type SignOff = { duty: string; memberId: string; evidenceHash: string; signedAtMs: number };

/** What sign-offs are judged by. `signers`: ids of members by duty, as the team names them now. */
export type SigningFacts = { evidenceHash: string; signers: ReadonlyMap<string, readonly string[]> };

/**
 * Why a member may not sign for a duty; null when they may. One person signs for one duty, so that as many people looked
 * as duties are signed.
 * @param seenHash of the evidence set that the signer was shown
 */
export function refuseSignOff(
  draft: { duty: string; memberId: string | null; seenHash: string },
  facts: SigningFacts & { required: readonly string[]; signed: readonly SignOff[] },
): string | null {
  const { duty, memberId, seenHash } = draft;
  if (memberId === null) return 'Only members sign, with keys of their own.';
  if (!facts.required.includes(duty)) return `The review is not signed for ${duty}.`;
  if (facts.signers.get(duty)?.includes(memberId) !== true) return `This member is not named to sign for ${duty}.`;
  if (seenHash !== facts.evidenceHash) return 'The evidence changed since it was looked at: look again, then sign.';
  const standing = facts.signed.filter((signOff) => fallenBecause(signOff, facts) === null);
  const own = standing.find((signOff) => signOff.memberId === memberId);
  if (own?.duty === duty) return `This member signed for ${duty} already.`;
  if (own !== undefined) return `This member signed for ${own.duty}: another one has to sign for ${duty}.`;
  return null;
}

/** Why a sign-off does not count any more; null while it stands. */
export function fallenBecause(signOff: SignOff, facts: SigningFacts): string | null {
  if (signOff.evidenceHash !== facts.evidenceHash) return 'What was signed has changed in substance.';
  if (facts.signers.get(signOff.duty)?.includes(signOff.memberId) !== true) {
    return `The member is not named to sign for ${signOff.duty} any more.`;
  }
  return null;
}

/** The duties that nobody's standing sign-off covers. A person counts for the first duty that they signed alone. */
export function missingDuties(required: readonly string[], signed: readonly SignOff[], facts: SigningFacts): string[] {
  const dutyOf = new Map<string, string>();
  for (const signOff of signed.toSorted((one, other) => one.signedAtMs - other.signedAtMs)) {
    if (fallenBecause(signOff, facts) === null && !dutyOf.has(signOff.memberId)) {
      dutyOf.set(signOff.memberId, signOff.duty);
    }
  }
  const covered = new Set(dutyOf.values());
  return required.filter((duty) => !covered.has(duty));
}
