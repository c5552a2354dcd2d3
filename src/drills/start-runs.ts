import { recordChange } from '../audit/record-change.ts';
import { inTransaction } from '../database/transaction.ts';
import { idPrefixes } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import { counted } from '../readiness/finding.rules.ts';
import { lockTeam } from '../teams/require-team.ts';
import { auditedDrill } from './audited-fields.rules.ts';
import { insertRun, listOpenRuns } from './drill-run.store.ts';
import { type DrillSchedule, takeSchedule } from './drill-schedule.store.ts';
import type { DrillContext } from './drill-services.ts';
import type { DrillRun } from './drill.ts';
import { requireDrill } from './require-drill.ts';

const mostOpen = 200;

/**
 * Queues a drill for the subject that is named, or for all that it is about: one run each.
 * @param input.pace 1, or less for a rehearsal, which is no evidence
 * @param input.confirm what the drill does for good outside is wanted
 * @param input.due the schedule that asks for it: taken with it, or nothing is queued when another node took it
 * @throws Problem not_found, check_not_decidable, drill_not_safe, invalid_request, conflict, limit_reached
 */
export async function startRuns(
  ctx: DrillContext,
  input: {
    teamId: string;
    checkId: string;
    subjectId?: string | undefined;
    pace?: number | undefined;
    confirm?: boolean | undefined;
    due?: DrillSchedule;
  },
): Promise<DrillRun[]> {
  const { teamId, checkId, subjectId, pace = 1, confirm } = input;
  const { drill, subjects } = await requireDrill(ctx, { teamId, checkId, subjectId, confirm });
  if (pace < 1 && ctx.environment === 'production') {
    throw new Problem('invalid_request', 'Rehearsals are for development: leave out pace, or set it to 1.');
  }
  const runs = await inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    if (input.due !== undefined && !(await takeSchedule(client, input.due))) return [];
    const open = await listOpenRuns(client, teamId);
    const already = open.find((run) => run.checkId === checkId && subjects.some(({ id }) => id === run.subject.id));
    if (already !== undefined) {
      const detail = `${checkId} is ${already.state} already for ${already.subject.id}: ${already.id}. Wait for it or stop it.`;
      throw new Problem('conflict', detail);
    }
    if (open.length + subjects.length > mostOpen) {
      const detail = `${counted(open.length, 'run')} are not over yet, and at most ${mostOpen} may be: wait for them, or stop some.`;
      throw new Problem('limit_reached', detail);
    }
    const queued: DrillRun[] = [];
    for (const subject of subjects) {
      const id = ctx.ids.next(idPrefixes.drillRun);
      queued.push(await insertRun(client, teamId, { id, checkId, subject, version: drill.version, pace }));
    }
    await recordChange(ctx, client, {
      teamId,
      action: 'drill.started',
      target: { kind: 'check', id: checkId },
      fields: auditedDrill,
      after: {
        subjects: subjects.map(({ id }) => id),
        runs: queued.map(({ id }) => id),
        pace,
        ...(drill.irrevocable === undefined ? {} : { confirmed: drill.irrevocable }),
      },
    });
    return queued;
  });
  ctx.onWaiting();
  return runs;
}
