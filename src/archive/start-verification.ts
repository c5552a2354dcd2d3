import { type AuditContext, recordChange } from '../audit/record-change.ts';
import type { Context } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
import { requireTeam } from '../teams/require-team.ts';
import type { Verification } from './verification.ts';
import { beginVerification } from './verification.store.ts';

/** Documents that were verified in the last day are passed over, unless all are asked for. */
const recentSeconds = 86_400;

/**
 * Verifies a team's documents in the background. While a run goes on, it is answered instead of another.
 * @throws Problem not_found
 */
export async function startVerification(
  ctx: AuditContext & Pick<Context, 'database'> & { onVerification: () => void },
  input: { teamId: string; all: boolean },
): Promise<Verification> {
  await requireTeam(ctx.database, input.teamId);
  const { teamId, all } = input;
  const begun = await inTransaction(ctx.database, async (client) => {
    const verification = await beginVerification(client, teamId, all ? 0 : recentSeconds);
    await recordChange(ctx, client, {
      teamId,
      action: 'archive.verification-requested',
      target: { kind: 'team', id: teamId },
      fields: { all: 'shown' },
      after: { all },
    });
    return verification;
  });
  ctx.onVerification();
  return begun;
}
