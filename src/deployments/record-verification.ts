import { recordChange } from '../audit/record-change.ts';
import type { Context } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
import { scrub } from '../drills/scrub.rules.ts';
import { idPrefixes } from '../ids/id.rules.ts';
import { actorName } from '../members/actor-name.rules.ts';
import { lockTeam } from '../teams/require-team.ts';
import { auditedVerification } from './audited-fields.rules.ts';
import type { Verification } from './deployment.ts';
import { insertVerification } from './verification.store.ts';

type NewVerification = { teamId: string } & Pick<
  Verification,
  'release' | 'environment' | 'exitCode' | 'tookMs' | 'lines' | 'linesLeftOut'
>;

/**
 * Puts a run of `posthorn verify` on record that has just ended. When that was is Posthorn's own to say. What has the shape
 * of a secret is masked. @throws Problem not_found
 */
export async function recordVerification(ctx: Context, input: NewVerification): Promise<Verification> {
  const { teamId, release, environment, exitCode, tookMs, linesLeftOut } = input;
  const lines = input.lines.map(({ name, subject, state, detail }) => ({
    name: scrub(name),
    subject: subject === null ? null : scrub(subject),
    state,
    detail: detail === null ? null : scrub(detail),
  }));
  return inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    const verification: Verification = {
      id: ctx.ids.next(idPrefixes.verification),
      release,
      environment,
      exitCode,
      tookMs,
      lines,
      linesLeftOut,
      recordedBy: actorName(ctx.actor),
      recordedAt: new Date(Math.floor(ctx.clock.now())).toISOString(),
    };
    await insertVerification(client, teamId, verification);
    await recordChange(ctx, client, {
      teamId,
      action: 'verification.recorded',
      target: { kind: 'verification', id: verification.id },
      fields: auditedVerification,
      after: { release, environment, exitCode, tookMs, lines },
    });
    return verification;
  });
}
