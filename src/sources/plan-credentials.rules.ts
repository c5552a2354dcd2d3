import type { ProblemPointer } from '../problem.ts';
import {
  type HeldCredential,
  keepCredential,
  type KeptCredential,
  kindAmong,
} from '../providers/credential-plan.rules.ts';
import type { ProviderProfile } from '../providers/provider-profile.ts';

/** A credential as a caller gives it; an expiry is RFC 3339. */
export type GivenCredential = {
  name?: string | undefined;
  kind?: string | undefined;
  value?: string | undefined;
  expiresAt?: string | null | undefined;
};

/** `make`: a new row. */
export type PlannedCredential =
  | KeptCredential
  | {
      plan: 'make';
      name: string;
      kind: string;
      value: string;
      generated: boolean;
      expiresAtMs: number | null;
    };

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
  const { profile, given, nowMs } = input;
  const heldByName = new Map(input.held.map((each) => [each.name, each]));
  const problems: ProblemPointer[] = [];
  const valueProblems: ProblemPointer[] = [];
  const planned = new Map<string, PlannedCredential>();

  for (const [index, each] of given.entries()) {
    const pointer = `/credentials/${index}`;
    const name = each.name ?? String(index + 1);
    const held = heldByName.get(name);
    const expiresAtMs = typeof each.expiresAt === 'string' ? Date.parse(each.expiresAt) : null;
    if (planned.has(name)) {
      problems.push({ pointer: `${pointer}/name`, message: 'names a credential twice' });
      continue;
    }
    if (each.value === undefined && held !== undefined) {
      if (each.kind !== undefined && each.kind !== held.kind) {
        problems.push({ pointer: `${pointer}/value`, message: 'is missing: another kind needs another value' });
      }
      planned.set(name, keepCredential(held, each, expiresAtMs));
      continue;
    }
    const kind = kindAmong(Object.keys(profile.credentialKinds), each.kind);
    if (!kind.ok) {
      problems.push({ pointer: `${pointer}/kind`, message: kind.problem });
      continue;
    }
    const value = each.value ?? input.generate(kind.name);
    if (value === null) {
      problems.push({ pointer: `${pointer}/value`, message: `is missing: ${profile.title} knows it` });
      continue;
    }
    const wrong = profile.credentialKinds[kind.name]?.problemOf(value) ?? null;
    if (wrong !== null) valueProblems.push({ pointer: `${pointer}/value`, message: wrong });
    if (expiresAtMs !== null && expiresAtMs <= nowMs) {
      problems.push({ pointer: `${pointer}/expiresAt`, message: 'has passed already' });
    }
    const generated = each.value === undefined;
    planned.set(name, { plan: 'make', name, kind: kind.name, value, generated, expiresAtMs });
  }

  const credentials = [...planned.values()];
  if (problems.length + valueProblems.length > 0) {
    const code = problems.length > 0 ? 'invalid_request' : 'invalid_secret';
    return { ok: false, code, problems: [...problems, ...valueProblems] };
  }
  if (!credentials.some(({ expiresAtMs }) => expiresAtMs === null || expiresAtMs > nowMs)) {
    const message = 'leaves no credential that has not expired: nothing could be verified';
    return { ok: false, code: 'invalid_request', problems: [{ pointer: '/credentials', message }] };
  }
  return { ok: true, credentials };
}
