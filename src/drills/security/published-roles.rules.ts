export const memberRoles = ['owner', 'admin', 'developer', 'auditor', 'viewer'] as const;
export type MemberRole = (typeof memberRoles)[number];

const all = memberRoles;
const builders: readonly MemberRole[] = ['owner', 'admin', 'developer'];
const managers: readonly MemberRole[] = ['owner', 'admin'];
const notViewers: readonly MemberRole[] = ['owner', 'admin', 'developer', 'auditor'];

/**
 * The published table of docs/members.md, written down once more: compared with what the gateway itself goes by, a wrong
 * entry there would always look right.
 */
const published: Readonly<Record<string, readonly MemberRole[]>> = {
  'teams:read': all,
  'keys:read': notViewers,
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
  'archive:read': notViewers,
  'archive:write': builders,
  'reviews:read': all,
  'reviews:write': builders,
  'reviews:sign': notViewers,
  'drills:run': builders,
  'audit:read': ['owner', 'admin', 'auditor'],
  '*': ['owner'],
};

/** Which roles the published table grants a permission to; `operator` goes to none, and null is not in the table. */
export function publishedRolesOf(permission: string): readonly MemberRole[] | null {
  return permission === 'operator' ? [] : (published[permission] ?? null);
}
