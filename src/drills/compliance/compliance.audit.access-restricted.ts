import type { Drill } from '../drill.ts';
import type { DrillDatabase } from '../stage.ts';
import { ask } from '../security/operations.ts';
import { publishedRolesOf } from '../security/published-roles.rules.ts';
import { auditEntries, makeRoleKeys } from '../security/role-keys.ts';
import { type AuditAccessFacts, judgeAuditAccess, type Reader } from './compliance.audit.access-restricted.rules.ts';

const tables = ['audit_entry', 'audit_checkpoint'];

/** What the role that the application uses may do to the log. Each is undone: nothing of it stays. */
async function tryStatements(database: DrillDatabase): Promise<AuditAccessFacts['statements']> {
  const tried: AuditAccessFacts['statements'][number][] = [];
  for (const table of tables) {
    for (const [called, statement] of [
      [`change rows of ${table}`, `UPDATE ${table} SET at = at`],
      [`delete rows of ${table}`, `DELETE FROM ${table}`],
      [`empty ${table}`, `TRUNCATE ${table}`],
    ] as const) {
      const done = await database.query(statement).then(
        () => true,
        () => false,
      );
      tried.push({ statement: called, done });
    }
  }
  return tried;
}

export const auditAccessRestricted: Drill = {
  checkId: 'compliance.audit.access-restricted',
  subject: 'gateway',
  version: 1,
  does: 'Has every role, other keys and the database role of a second gateway read and change its audit log.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 240,
  async run(stage) {
    const database = await stage.database();
    const node = await stage.node({ database });
    const team = await node.team();
    const other = await node.team();
    const people = await makeRoleKeys(node, team.id);
    const strangers = await makeRoleKeys(node, other.id);
    const narrow = await node.want('POST', `/v1/teams/${team.id}/api-keys`, {
      body: { name: 'drill', permissions: ['teams:read', 'events:read'] },
    });
    // So that there is a checkpoint too.
    await ask(node.url, { method: 'GET', path: '/v1/audit/export', key: node.operatorKey }, stage.signal);
    const who = [
      ...people.map(({ role, key }) => ({
        who: role,
        key,
        may: publishedRolesOf('audit:read')?.includes(role) ?? false,
      })),
      { who: 'a key without the permission', key: String(narrow['key']), may: false },
      ...strangers
        .filter(({ role }) => role === 'auditor')
        .map(({ key }) => ({ who: "another team's auditor", key, may: false })),
    ];
    const asked: (Omit<Reader, 'onRecord'> & { requestId: string })[] = [];
    for (const { who: called, key, may } of who) {
      for (const path of ['audit', 'audit/export']) {
        const request = { method: 'GET', path: `/v1/teams/${team.id}/${path}`, key };
        const { status, requestId } = await ask(node.url, request, stage.signal);
        asked.push({ who: called, operation: `GET ${path}`, may, status, requestId });
        stage.note(`${called} asked for ${path}`, { status });
      }
    }
    const changes: AuditAccessFacts['changes'][number][] = [];
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      for (const path of ['audit', 'audit/aud_01kajxkkj8ffkr1g8xs6a3ek0r', 'audit/export']) {
        const request = { method, path: `/v1/teams/${team.id}/${path}`, key: node.operatorKey, body: {} };
        changes.push({ operation: `${method} ${path}`, status: (await ask(node.url, request, stage.signal)).status });
      }
    }
    const entries = [...(await auditEntries(node, team.id, '')), ...(await auditEntries(node, other.id, ''))];
    const recorded = new Set(entries.map((entry) => entry['requestId']));
    const readers = asked.map(({ requestId, ...reader }) => ({ ...reader, onRecord: recorded.has(requestId) }));
    const statements = await tryStatements(database);
    for (const { statement, done } of statements) stage.note(`tried to ${statement}`, { done });
    return judgeAuditAccess({ readers, changes, statements });
  },
};
