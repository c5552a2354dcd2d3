import type { Role } from '../context.ts';
import { type Grant, mayDo, mayGrant, type Permission, permissionNames } from '../teams/permissions.rules.ts';

export const roles: readonly Role[] = ['owner', 'admin', 'developer', 'auditor', 'viewer'];

const all = roles;
const builders: readonly Role[] = ['owner', 'admin', 'developer'];
const managers: readonly Role[] = ['owner', 'admin'];

/** Which roles a permission is granted to: the published table of docs/members.md. */
export const rolesOfPermission: Readonly<Record<Permission, readonly Role[]>> = {
  'teams:read': all,
  'keys:read': ['owner', 'admin', 'developer', 'auditor'],
  'keys:write': managers,
  'members:read': all,
  'members:write': managers,
  'event-types:read': all,
  'event-types:write': builders,
  'endpoints:read': all,
  'endpoints:write': builders,
  'events:read': all,
  'events:reveal': managers,
  'events:write': builders,
  'deliveries:read': all,
  'deliveries:write': builders,
  'feed:read': builders,
  'sources:read': all,
  'sources:write': builders,
  'connections:read': all,
  'connections:write': builders,
  'connections:call': builders,
  'calls:read': all,
  'archive:read': ['owner', 'admin', 'developer', 'auditor'],
  'archive:write': builders,
  'reviews:read': all,
  'reviews:write': builders,
  'reviews:sign': ['owner', 'admin', 'developer', 'auditor'],
  'drills:run': builders,
  'audit:read': ['owner', 'admin', 'auditor'],
  '*': ['owner'],
};

const grantsOfRole = new Map<Role, ReadonlySet<Permission>>(
  roles.map((role) => [role, new Set(permissionNames.filter((name) => rolesOfPermission[name].includes(role)))]),
);

/** What a role grants. */
export function grantsOf(role: Role): ReadonlySet<Permission> {
  return grantsOfRole.get(role) as ReadonlySet<Permission>;
}

/**
 * What a key of a member may do: what it was given, as far as the member's role grants it now. `*` is whatever that is.
 */
export function permissionsOfMemberKey(role: Role, given: readonly string[]): ReadonlySet<string> {
  const granted = grantsOf(role);
  if (given.includes('*')) return granted;
  return new Set(given.filter((permission) => mayGrant(granted, permission as Grant)));
}

/** The first permission that a role grants and `held` does not have; null when there is none. */
export function lacksOfRole(held: ReadonlySet<string>, role: Role): Permission | null {
  for (const permission of grantsOf(role)) if (!mayDo(held, permission)) return permission;
  return null;
}

/** Whether the one role grants anything that the other does not. */
export function raises(from: Role, to: Role): boolean {
  return lacksOfRole(grantsOf(from), to) !== null;
}
