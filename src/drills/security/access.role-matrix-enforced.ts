import type { Drill } from '../drill.ts';
import { type Cell, judgeMatrix } from './access.role-matrix-enforced.rules.ts';
import { ask, guardedOperations } from './operations.ts';
import { filled, nameOf } from './operations.rules.ts';
import { publishedRolesOf } from './published-roles.rules.ts';
import { auditEntries, makeRoleKeys } from './role-keys.ts';

export const roleMatrixEnforced: Drill = {
  checkId: 'access.role-matrix-enforced',
  subject: 'gateway',
  version: 1,
  does: 'Tries every operation of a second gateway with the key of a member of each role.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 240,
  async run(stage) {
    const node = await stage.node();
    const team = await node.team();
    const operations = await guardedOperations(node);
    const people = await makeRoleKeys(node, team.id);
    stage.note('made a member of each role', { operations: operations.length });
    const cells: Cell[] = [];
    for (const { role, key } of people) {
      const before = cells.length;
      for (const operation of operations) {
        // Nothing that is there is named, and nothing is sent: access is judged before either is looked at.
        const path = filled(operation.path, team.id, 'x');
        const { status, code } = await ask(node.url, { method: operation.method, path, key }, stage.signal);
        const may = publishedRolesOf(operation.permission)?.includes(role) ?? null;
        cells.push({ role, operation: nameOf(operation), may, status, code });
      }
      const tried = cells.slice(before);
      stage.note('tried every operation', { role, refused: tried.filter(({ status }) => status === 403).length });
      stage.progress(cells.length, operations.length * people.length);
    }
    const keys = new Set(people.map(({ keyId }) => keyId));
    const entries = await auditEntries(node, team.id, '&action=access.refused');
    const refusalsOnRecord = entries.filter(({ actor }) => keys.has(String((actor as { id?: unknown }).id))).length;
    return judgeMatrix({ cells, roles: people.length, refusalsOnRecord });
  },
};
