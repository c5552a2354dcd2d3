import type { ProblemPointer } from '../problem.ts';
import { type HeldCredential, holdsNow, type KeptCredential, planByName } from '../providers/credential-plan.rules.ts';
import type { ProviderProfile } from '../providers/provider-profile.ts';

/** A credential as a caller gives it; an expiry is RFC 3339. */
export type GivenCredential = {
  name?: string | undefined;
  kind?: string | undefined;
  value?: string | undefined;
  expiresAt?: string | null | undefined;
};

/** A new row. */
type NewCredential = {
  plan: 'make';
  name: string;
  kind: string;
  value: string;
  generated: boolean;
  expiresAtMs: number | null;
};
export type PlannedCredential = KeptCredential | NewCredential;

export type CredentialPlan =
  | { ok: true; credentials: PlannedCredential[] }
  /** `invalid_secret` when only values are wrong. Messages never repeat a value. */
  | { ok: false; code: 'invalid_request' | 'invalid_secret'; problems: ProblemPointer[] };

/**
 * What becomes of a source's credentials when `given` is the whole list that is wanted: what it names without a value
 * is kept, what it does not name goes. Decides by names, which are unique; one that is left out is the place in the
 * list, counted from 1.
 * @param generate makes a value of a kind where users make up their own; null where only the provider knows it.
 */
export function planCredentials(input: {
  profile: ProviderProfile;
  given: readonly GivenCredential[];
  held: readonly HeldCredential[];
  nowMs: number;
  generate: (kind: string) => string | null;
}): CredentialPlan {
  const { profile, given, held, nowMs } = input;
  const valueProblems: ProblemPointer[] = [];
  const { credentials, problems } = planByName({
    given,
    held,
    kinds: Object.keys(profile.credentialKinds),
    nowMs,
    secret: { field: 'value', ofOtherKind: 'is missing: another kind needs another value' },
    make(each, { pointer, name, kind, expiresAtMs }, wrongs): NewCredential | null {
      const value = each.value ?? input.generate(kind);
      if (value === null) {
        wrongs.push({ pointer: `${pointer}/value`, message: `is missing: ${profile.title} knows it` });
        return null;
      }
      const wrong = profile.credentialKinds[kind]?.problemOf(value) ?? null;
      if (wrong !== null) valueProblems.push({ pointer: `${pointer}/value`, message: wrong });
      return { plan: 'make', name, kind, value, generated: each.value === undefined, expiresAtMs };
    },
  });
  if (problems.length + valueProblems.length > 0) {
    const code = problems.length > 0 ? 'invalid_request' : 'invalid_secret';
    return { ok: false, code, problems: [...problems, ...valueProblems] };
  }
  if (!holdsNow(credentials, nowMs)) {
    const message = 'leaves no credential that has not expired: nothing could be verified';
    return { ok: false, code: 'invalid_request', problems: [{ pointer: '/credentials', message }] };
  }
  return { ok: true, credentials };
}
