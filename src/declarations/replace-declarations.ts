import type pg from 'pg';
import { recordChange } from '../audit/record-change.ts';
import type { Context } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
import { actorName } from '../members/actor-name.rules.ts';
import { Problem } from '../problem.ts';
import { loadCatalogue } from '../readiness/load-catalogue.ts';
import { lockTeam } from '../teams/require-team.ts';
import { auditedDeclarations, declarationFacts } from './audited-declarations.rules.ts';
import { idsOfDeclarations, problemsOfDeclarations } from './check-declarations.rules.ts';
import { confirmParts } from './confirm-parts.rules.ts';
import { findDeclarations, findStrangers, insertDeclarations } from './declaration.store.ts';
import { type Declarations, nothingDeclared } from './declaration.ts';
import type { DeclarationParts, PartName } from './declaration-schemas.ts';

/**
 * Declares all of this in place of what was declared, if that is still `version`. A part that is as it was keeps who
 * confirmed it, unless it is among `confirm`.
 * @throws Problem conflict when somebody else wrote meanwhile; invalid_request with pointers; not_found
 */
export async function replaceDeclarations(
  ctx: Context,
  input: { teamId: string; version: number; parts: DeclarationParts; confirm: readonly PartName[] },
): Promise<Declarations> {
  const { teamId, parts } = input;
  refuseWrong(input, ctx.clock.now());
  return inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    const before = (await findDeclarations(client, teamId, null)) ?? nothingDeclared;
    if (before.version !== input.version) {
      const detail = `What you read was version ${input.version}, and it is version ${before.version} now: read it again, and make your change there.`;
      throw new Problem('conflict', detail, { errors: [{ pointer: '/version', message: `is not ${before.version}` }] });
    }
    await refuseStrangers(client, teamId, parts);
    const now = { by: actorName(ctx.actor), at: new Date(ctx.clock.now()).toISOString() };
    const after: Declarations = {
      version: before.version + 1,
      parts,
      confirmed: confirmParts(before, parts, { confirmed: input.confirm, now }),
      writtenBy: now.by,
      writtenAt: now.at,
    };
    await insertDeclarations(client, teamId, after);
    await recordChange(ctx, client, {
      teamId,
      action: 'declarations.changed',
      target: { kind: 'declarations', id: teamId },
      fields: auditedDeclarations,
      before: declarationFacts(before),
      after: declarationFacts(after),
    });
    return after;
  });
}

function refuseWrong(
  { parts, confirm }: { parts: DeclarationParts; confirm: readonly PartName[] },
  nowMs: number,
): void {
  const { checks } = loadCatalogue();
  const errors = [
    ...problemsOfDeclarations(parts, nowMs),
    ...(parts.performance ?? []).flatMap(({ check }, index) =>
      checks.has(check) ? [] : [{ pointer: `/parts/performance/${index}/check`, message: 'is no check' }],
    ),
    ...confirm.flatMap((name, index) =>
      name in parts ? [] : [{ pointer: `/confirm/${index}`, message: 'is not declared, so it cannot be confirmed' }],
    ),
  ];
  if (errors.length > 0) throw new Problem('invalid_request', 'This cannot be so; each error says where.', { errors });
}

async function refuseStrangers(client: pg.PoolClient, teamId: string, parts: DeclarationParts): Promise<void> {
  const named = idsOfDeclarations(parts);
  if (named.length === 0) return;
  const strangers = await findStrangers(
    client,
    teamId,
    named.map(({ id }) => id),
  );
  const errors = named
    .filter(({ id }) => strangers.has(id))
    .map(({ pointer }) => ({ pointer, message: 'is nothing that this team has' }));
  if (errors.length > 0) throw new Problem('invalid_request', 'Something is named that is not there.', { errors });
}
