/** A stored credential, as far as a plan of its list needs it. */
export type HeldCredential = { id: string; name: string; kind: string; expiresAtMs: number | null };

/** The stored one goes on, until another time when `expiryChanged`. */
export type KeptCredential = HeldCredential & { plan: 'keep'; expiryChanged: boolean };

/** What is named without a new secret stays; an expiry that is left out stays too. */
export function keepCredential(
  held: HeldCredential,
  given: { expiresAt?: string | null | undefined },
  expiresAtMs: number | null,
): KeptCredential {
  const expiryChanged = given.expiresAt !== undefined && expiresAtMs !== held.expiresAtMs;
  const { id, name, kind } = held;
  return { plan: 'keep', id, name, kind, expiresAtMs: expiryChanged ? expiresAtMs : held.expiresAtMs, expiryChanged };
}

/** The kind of a credential among those that its profile has; where there is only one, it may be left out. */
export function kindAmong<Kind extends string>(
  kinds: readonly Kind[],
  given: string | undefined,
): { ok: true; name: Kind } | { ok: false; problem: string } {
  const [only, ...others] = kinds;
  const list = kinds.join(', ');
  if (given === undefined) {
    if (only !== undefined && others.length === 0) return { ok: true, name: only };
    return { ok: false, problem: `is missing: it must be one of ${list}` };
  }
  const found = kinds.find((each) => each === given);
  return found === undefined ? { ok: false, problem: `must be one of ${list}` } : { ok: true, name: found };
}
