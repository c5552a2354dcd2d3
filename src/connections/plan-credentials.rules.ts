import type { ProblemPointer } from '../problem.ts';
import type { ApiProfile, CredentialKind } from '../providers/api-profile.ts';
import {
  type HeldCredential,
  keepCredential,
  type KeptCredential,
  kindAmong,
} from '../providers/credential-plan.rules.ts';
import type { CredentialField } from './connection-config.ts';
import { type CredentialPlace, type GivenField, readFields } from './credential-fields.rules.ts';

/** A credential as a caller gives it; an expiry is RFC 3339. */
export type GivenCredential = {
  name?: string | undefined;
  kind?: string | undefined;
  fields?: Record<string, GivenField> | undefined;
  expiresAt?: string | null | undefined;
};

/** `make`: a new row. */
export type PlannedCredential =
  | KeptCredential
  | {
      plan: 'make';
      name: string;
      kind: CredentialKind;
      fields: Record<string, CredentialField>;
      expiresAtMs: number | null;
    };

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
  const { profile, given, nowMs } = input;
  const heldByName = new Map(input.held.map((each) => [each.name, each]));
  const problems: ProblemPointer[] = [];
  const valueProblems: ProblemPointer[] = [];
  const references: string[] = [];
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
    if (each.fields === undefined && held !== undefined) {
      if (each.kind !== undefined && each.kind !== held.kind) {
        problems.push({ pointer: `${pointer}/fields`, message: 'is missing: another kind has other fields' });
      }
      planned.set(name, keepCredential(held, each, expiresAtMs));
      continue;
    }
    const kind = kindAmong(profile.credentialKinds, each.kind);
    if (!kind.ok) {
      problems.push({ pointer: `${pointer}/kind`, message: kind.problem });
      continue;
    }
    if (each.fields === undefined) {
      problems.push({ pointer: `${pointer}/fields`, message: 'is missing: no credential of this name is stored' });
      continue;
    }
    const read = readFields(kind.name, each.fields, input.place, `${pointer}/fields`);
    problems.push(...read.shape);
    valueProblems.push(...read.values);
    references.push(...read.references);
    if (expiresAtMs !== null && expiresAtMs <= nowMs) {
      problems.push({ pointer: `${pointer}/expiresAt`, message: 'has passed already' });
    }
    planned.set(name, { plan: 'make', name, kind: kind.name, fields: read.fields, expiresAtMs });
  }

  if (references.length > 0 && !input.mayRefer) {
    const message = 'refers to where Posthorn runs: give the value, or use the operator key';
    return { ok: false, code: 'forbidden', problems: references.map((pointer) => ({ pointer, message })) };
  }
  if (problems.length + valueProblems.length > 0) {
    const code = problems.length > 0 ? 'invalid_request' : 'invalid_credential';
    return { ok: false, code, problems: [...problems, ...valueProblems] };
  }
  const credentials = [...planned.values()];
  if (!credentials.some(({ expiresAtMs }) => expiresAtMs === null || expiresAtMs > nowMs)) {
    const message = 'leaves no credential that has not expired: no call could be made';
    return { ok: false, code: 'invalid_request', problems: [{ pointer: '/credentials', message }] };
  }
  return { ok: true, credentials };
}
