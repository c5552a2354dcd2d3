import { recordChange } from '../audit/record-change.ts';
import { inTransaction } from '../database/transaction.ts';
import { Problem } from '../problem.ts';
import { auditedDrill } from './audited-fields.rules.ts';
import { askToStop } from './drill-run.store.ts';
import type { DrillContext } from './drill-services.ts';
import type { DrillRun } from './drill.ts';
import { getRun } from './get-run.ts';

/** Stops a run: at once when it waits, within seconds when it is under way. @throws Problem not_found, conflict */
export async function stopRun(ctx: DrillContext, input: { teamId: string; runId: string }): Promise<DrillRun> {
  const before = await getRun(ctx, input);
  const run = await inTransaction(ctx.database, async (client) => {
    const asked = await askToStop(client, input.teamId, input.runId);
    if (asked === null) throw new Problem('conflict', `The run ${input.runId} is over already.`);
    await recordChange(ctx, client, {
      teamId: input.teamId,
      action: 'drill.stopped',
      target: { kind: 'drill-run', id: input.runId },
      fields: auditedDrill,
      before: { check: before.checkId, state: before.state },
      after: { check: before.checkId, state: 'stopped' },
    });
    return asked;
  });
  ctx.onStop(input.runId);
  return run;
}
