/** What an api key may be allowed to do: the closed, documented list. `*` is all of them. */
export const permissions = {
  'teams:read': 'read the team',
  'keys:read': 'list api keys, never their secrets',
  'keys:write': 'create and revoke api keys, with no more permissions than its own',
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
  '*': 'everything inside the team',
} as const satisfies Record<string, string>;

export type Permission = keyof typeof permissions;

export const permissionNames = Object.keys(permissions) as Permission[];

/** Whether a key that holds `held` may do what `needed` names. */
export function mayDo(held: ReadonlySet<string>, needed: Permission): boolean {
  return held.has(needed) || held.has('*');
}
