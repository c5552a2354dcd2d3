import type { ProblemPointer } from '../problem.ts';
import type { ApiProfile, CredentialKind } from '../providers/api-profile.ts';
import { type HeldCredential, holdsNow, type KeptCredential, planByName } from '../providers/credential-plan.rules.ts';
import type { CredentialField } from './connection-config.ts';
import { type CredentialPlace, type GivenField, readFields } from './credential-fields.rules.ts';

/** A credential as a caller gives it; an expiry is RFC 3339. */
export type GivenCredential = {
  name?: string | undefined;
  kind?: string | undefined;
  fields?: Record<string, GivenField> | undefined;
  expiresAt?: string | null | undefined;
};

/** A new row. */
type NewCredential = {
  plan: 'make';
  name: string;
  kind: CredentialKind;
  fields: Record<string, CredentialField>;
  expiresAtMs: number | null;
};
export type PlannedCredential = KeptCredential | NewCredential;

export type CredentialPlan =
  | { ok: true; credentials: PlannedCredential[] }
  /** `forbidden`: references are the operator's to set. `invalid_credential`: only values are wrong. Nothing is quoted. */
  | { ok: false; code: 'forbidden' | 'invalid_request' | 'invalid_credential'; problems: ProblemPointer[] };

/**
 * What becomes of a connection's credentials when `given` is the whole list that is wanted: what it names without fields
 * is kept, what it does not name goes. Decides by names, which are unique; one that is left out is the place in the
 * list, counted from 1.
 * @param input.mayRefer whether the caller may have Posthorn read files and variables and run commands.
 */
export function planCredentials(input: {
  profile: ApiProfile;
  place: CredentialPlace;
  given: readonly GivenCredential[];
  held: readonly HeldCredential[];
  mayRefer: boolean;
  nowMs: number;
}): CredentialPlan {
  const { profile, given, held, nowMs } = input;
  const valueProblems: ProblemPointer[] = [];
  const references: string[] = [];
  const { credentials, problems } = planByName({
    given,
    held,
    kinds: profile.credentialKinds,
    nowMs,
    secret: { field: 'fields', ofOtherKind: 'is missing: another kind has other fields' },
    make(each, { pointer, name, kind, expiresAtMs }, wrongs): NewCredential | null {
      const at = `${pointer}/fields`;
      if (each.fields === undefined) {
        wrongs.push({ pointer: at, message: 'is missing: no credential of this name is stored' });
        return null;
      }
      const read = readFields(kind, each.fields, input.place, at);
      wrongs.push(...read.shape);
      valueProblems.push(...read.values);
      references.push(...read.references);
      return { plan: 'make', name, kind, fields: read.fields, expiresAtMs };
    },
  });

  if (references.length > 0 && !input.mayRefer) {
    const message = 'refers to where Posthorn runs: give the value, or use the operator key';
    return { ok: false, code: 'forbidden', problems: references.map((pointer) => ({ pointer, message })) };
  }
  if (problems.length + valueProblems.length > 0) {
    const code = problems.length > 0 ? 'invalid_request' : 'invalid_credential';
    return { ok: false, code, problems: [...problems, ...valueProblems] };
  }
  if (!holdsNow(credentials, nowMs)) {
    const message = 'leaves no credential that has not expired: no call could be made';
    return { ok: false, code: 'invalid_request', problems: [{ pointer: '/credentials', message }] };
  }
  return { ok: true, credentials };
}
