import type { AuditedFields } from '../audit/audited-fields.rules.ts';
import { recordChange } from '../audit/record-change.ts';
import type { Context } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
import { lockTeam } from '../teams/require-team.ts';
import { beginProbesOfEnded } from './begin-probe.store.ts';
import type { ClosingProbe, CredentialProbe } from './closing-probe.ts';
import { listClosingProbes } from './list-closing-probes.ts';
import { workClosingProbe } from './work-closing-probe.ts';

const audited: AuditedFields = { probes: 'shown' };
/** The rest follows by itself. */
const mostAtOnce = 20;
const never = new AbortController().signal;

/**
 * Makes the last reads of a connection that are outstanding now, whenever they are due; what a node works on is left to it.
 * @throws Problem not_found
 */
export async function runClosingProbes(
  ctx: Context & { probe: CredentialProbe; onError: (error: unknown) => void },
  input: { teamId: string; connectionId: string },
): Promise<ClosingProbe[]> {
  const { teamId, connectionId } = input;
  await listClosingProbes(ctx, input);
  await beginProbesOfEnded(ctx.database, ctx.clock.now());
  const outstanding = (await listClosingProbes(ctx, input)).filter(({ state }) => state === 'outstanding');
  const tried = outstanding.slice(0, mostAtOnce);
  for (const { id } of tried) {
    await workClosingProbe(ctx, { named: { teamId, connectionId, id }, signal: never });
  }
  const probes = await listClosingProbes(ctx, input);
  const states = new Map(probes.map(({ id, state }) => [id, state]));
  await inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    await recordChange(ctx, client, {
      teamId,
      action: 'connection.closing-probes-run',
      target: { kind: 'connection', id: connectionId },
      fields: audited,
      after: { probes: tried.map(({ id }) => ({ id, state: states.get(id) ?? null })) },
    });
  });
  return probes;
}
