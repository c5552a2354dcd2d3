import { recordChange } from '../audit/record-change.ts';
import type { Context } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
import { lockTeam, requireTeam } from '../teams/require-team.ts';
import { auditedDrill } from './audited-fields.rules.ts';
import {
  deleteScheduleRow,
  type DrillSchedule,
  findSchedule,
  listScheduleRows,
  putScheduleRow,
} from './drill-schedule.store.ts';
import type { DrillContext } from './drill-services.ts';
import { requireDrill } from './require-drill.ts';

/**
 * Has a drill run by itself every so many hours, for one subject or, with null, for all that there are then; the first
 * time one interval from now.
 * @param input.everyHours null ends it
 * @returns null when it was ended
 * @throws Problem not_found, check_not_decidable, drill_not_safe
 */
export async function scheduleDrill(
  ctx: DrillContext,
  input: { teamId: string; checkId: string; subjectId: string | null; everyHours: number | null },
): Promise<DrillSchedule | null> {
  const { teamId, checkId, subjectId, everyHours } = input;
  // What is ended may be about something that is gone.
  if (everyHours !== null) await requireDrill(ctx, { teamId, checkId, subjectId: subjectId ?? undefined });
  const schedule = await inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    const before = await findSchedule(client, input);
    const after = everyHours === null ? null : await putScheduleRow(client, { teamId, checkId, subjectId, everyHours });
    if (after === null) await deleteScheduleRow(client, input);
    await recordChange(ctx, client, {
      teamId,
      action: 'drill.scheduled',
      target: { kind: 'check', id: checkId },
      fields: auditedDrill,
      before: before === null ? null : factsOf(before),
      after: after === null ? null : factsOf(after),
    });
    return after;
  });
  ctx.onWaiting();
  return schedule;
}

/** @throws Problem not_found */
export async function listSchedules(ctx: Pick<Context, 'database'>, teamId: string): Promise<DrillSchedule[]> {
  await requireTeam(ctx.database, teamId);
  return listScheduleRows(ctx.database, teamId);
}

function factsOf({ subjectId, everyHours }: DrillSchedule) {
  return { subject: subjectId ?? 'all', everyHours };
}
