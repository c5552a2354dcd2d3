import { recordChange } from '../audit/record-change.ts';
import type { Context } from '../context.ts';
import { readAsTeam } from '../database/read-as-team.ts';
import { inTransaction } from '../database/transaction.ts';
import { actorName } from '../members/actor-name.rules.ts';
import { Problem, type ProblemPointer } from '../problem.ts';
import { lockTeam, requireTeam } from '../teams/require-team.ts';
import { auditedFreeze } from './audited-fields.rules.ts';
import { listFreezeRows, replaceFreezeRows } from './freeze-window.store.ts';
import type { FreezeWindow } from './promotion.ts';

/** @throws Problem not_found */
export async function listFreezeWindows(
  ctx: Pick<Context, 'database'>,
  input: { teamId: string },
): Promise<FreezeWindow[]> {
  return readAsTeam(ctx.database, input.teamId, async (database) => {
    await requireTeam(database, input.teamId);
    return listFreezeRows(database, input.teamId);
  });
}

/** The whole list of a team, in place of the one before. @throws Problem invalid_request, not_found */
export async function setFreezeWindows(
  ctx: Context,
  input: { teamId: string; windows: readonly FreezeWindow[] },
): Promise<FreezeWindow[]> {
  const { teamId, windows } = input;
  const errors = windows.flatMap(({ from, until }, index): ProblemPointer[] => {
    const pointer = `/windows/${index}`;
    if (Date.parse(until) <= Date.parse(from)) return [{ pointer: `${pointer}/until`, message: 'must be after from' }];
    const isTwice = windows.slice(0, index).some((each) => Date.parse(each.from) === Date.parse(from));
    return isTwice ? [{ pointer: `${pointer}/from`, message: 'begins with another window' }] : [];
  });
  if (errors.length > 0) throw new Problem('invalid_request', 'A freeze window cannot be as it is.', { errors });
  return inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    const before = await listFreezeRows(client, teamId);
    await replaceFreezeRows(client, teamId, actorName(ctx.actor), windows);
    const after = await listFreezeRows(client, teamId);
    await recordChange(ctx, client, {
      teamId,
      action: 'freeze-windows.set',
      target: { kind: 'team', id: teamId },
      fields: auditedFreeze,
      before: { windows: before },
      after: { windows: after },
    });
    return after;
  });
}
