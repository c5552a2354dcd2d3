import type { CredentialField } from './connection-config.ts';
import { credentialFields } from './credential-kinds.rules.ts';
import type { CredentialKind } from '../providers/api-profile.ts';

type Opened = { kind: CredentialKind; fields: Readonly<Record<string, CredentialField>> };

/** Whether a provider that takes one takes the other: the same secret, whatever else they say. References are unlike all. */
export function isSameSecret(one: Opened, other: Opened): boolean {
  const secret = secretOf(one);
  return secret !== null && one.kind === other.kind && secret === secretOf(other);
}

/** Whether anything of it is read elsewhere whenever it is needed. */
export function isReference({ fields }: Pick<Opened, 'fields'>): boolean {
  return Object.values(fields).some((field) => !('value' in field));
}

function secretOf({ kind, fields }: Opened): string | null {
  const specs = credentialFields[kind];
  // Of Basic the user name may be the key.
  const names = Object.keys(specs).filter((name) => kind === 'basic' || specs[name]?.secret === true);
  const values = names.map((name) => fields[name]).map((field) => (field && 'value' in field ? field.value : null));
  return values.includes(null) ? null : JSON.stringify(values);
}
