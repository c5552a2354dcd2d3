import type { Gateway } from '../stage.ts';
import { type MemberRole, memberRoles } from './published-roles.rules.ts';

export type RoleKey = { role: MemberRole; memberId: string; keyId: string; key: string };

/** A member of each role, with a key that holds all that the role grants. */
export async function makeRoleKeys(node: Gateway, teamId: string): Promise<RoleKey[]> {
  const made: RoleKey[] = [];
  for (const role of memberRoles) {
    const member = await node.want('POST', `/v1/teams/${teamId}/members`, {
      body: { name: `Drill ${role}`, email: `${role}@drill.example`, role },
    });
    const memberId = String(member['id']);
    const key = await node.want('POST', `/v1/teams/${teamId}/api-keys`, {
      body: { name: `drill ${role}`, memberId, permissions: ['*'] },
    });
    made.push({ role, memberId, keyId: String(key['id']), key: String(key['key']) });
  }
  return made;
}

type Entry = Readonly<Record<string, unknown>>;

/** All entries of a team's audit log that fit the query, newest first. */
export async function auditEntries(node: Gateway, teamId: string, query: string): Promise<Entry[]> {
  const found: Entry[] = [];
  for (let cursor: unknown = null; ; ) {
    const after = typeof cursor === 'string' ? `&cursor=${encodeURIComponent(cursor)}` : '';
    const page = await node.want('GET', `/v1/teams/${teamId}/audit?limit=500${query}${after}`);
    found.push(...(page['data'] as Entry[]));
    cursor = page['nextCursor'];
    if (typeof cursor !== 'string') return found;
  }
}
