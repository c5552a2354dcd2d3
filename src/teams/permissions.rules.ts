import { idPrefixes } from '../ids/id.rules.ts';

/** What an api key may be allowed to do: the closed, documented list. `*` is all of them. */
export const permissions = {
  'teams:read': 'read the team',
  'keys:read': 'list api keys, never their secrets',
  'keys:write': 'create and revoke api keys, with no more permissions than its own',
  'members:read': 'read the members of the team, and who signs for what',
  'members:write': 'add, change and remove members with no wider role than its own, and name who signs',
  'event-types:read': 'read event types',
  'event-types:write': 'create, change and delete event types',
  'endpoints:read': 'read endpoints, never their secrets',
  'endpoints:write': 'create, change and delete endpoints, rotate their secrets, send test events',
  'events:read': 'read events and their bodies',
  'events:reveal': 'read bodies with the live tokens that are masked otherwise',
  'events:write': 'post events',
  'deliveries:read': 'read deliveries, attempts and replays',
  'deliveries:write': 'resend, recover and replay deliveries',
  'feed:read': 'consume the polling feed',
  'sources:read': 'read sources and what they rejected, never their secrets; read what providers need',
  'sources:write': 'create, change and delete sources and their credentials',
  'connections:read': 'read connections and their policies, never their secrets',
  'connections:write': 'create, change and delete connections and their credentials',
  'connections:call': 'call providers through every connection of the team',
  'calls:read': 'read the call ledger',
  'archive:read': 'list and read archived documents',
  'archive:write': 'have documents archived again, and verified',
  'reviews:read': 'read checks, their evidence, and reviews',
  'reviews:write': 'run checks, and work on reviews',
  'reviews:sign': 'sign reviews, for what the member is named for',
  'drills:run': 'run drills, and stop them',
  'audit:read': 'read and export the audit log of the team',
  '*': 'everything inside the team',
} as const satisfies Record<string, string>;

export type Permission = keyof typeof permissions;

/** To call providers through one connection, instead of through every one of the team. */
type CallPermission = `connections:call:${string}`;

/** What a key may hold: one of the list, or a connection that it may call through. */
export type Grant = Permission | CallPermission;

export const permissionNames = Object.keys(permissions) as Permission[];

/** A `connections:call:<connection id>`, for JSON Schema. It says nothing of whether there is such a connection. */
export const callPermissionPattern = `^connections:call:${idPrefixes.connection}_[0-7][0-9a-hjkmnp-tv-z]{25}$`;

/** Whether a key that holds `held` may do what `needed` names. */
export function mayDo(held: ReadonlySet<string>, needed: Permission): boolean {
  return held.has(needed) || held.has('*');
}

/** Whether a key that holds `held` may call its team's providers through this connection. */
export function mayCall(held: ReadonlySet<string>, connectionId: string): boolean {
  return mayDo(held, 'connections:call') || held.has(callPrefix + connectionId);
}

/** Whether a key that holds `held` may make one that holds `grant`: no more than it may do itself. */
export function mayGrant(held: ReadonlySet<string>, grant: Grant): boolean {
  return isCallPermission(grant) ? mayCall(held, grant.slice(callPrefix.length)) : mayDo(held, grant);
}

const callPrefix = 'connections:call:';

function isCallPermission(grant: Grant): grant is CallPermission {
  return grant.startsWith(callPrefix);
}
