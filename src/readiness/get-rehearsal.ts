import type pg from 'pg';
import type { ConnectionDirectory } from '../connections/connection-config.ts';
import { Problem } from '../problem.ts';
import { gatherReviewedCalls } from './collectors/providers/docusign-calls.ts';
import { readOnlyQuery } from './evaluate-check.ts';
import { type Rehearsal, rehearse } from './rehearsal.rules.ts';

/** How DocuSign's review of the calls of a connection's key would go now. @throws Problem not_found, check_not_decidable */
export async function getRehearsal(
  ctx: { database: pg.Pool; connections: Pick<ConnectionDirectory, 'find' | 'all'> },
  { teamId, connectionId }: { teamId: string; connectionId: string },
): Promise<Rehearsal> {
  if (ctx.connections.find(connectionId)?.teamId !== teamId) {
    throw new Problem('not_found', `There is no connection ${connectionId}.`);
  }
  const context = { query: readOnlyQuery(ctx.database), connections: ctx.connections };
  const facts = await gatherReviewedCalls(context, { kind: 'connection', id: connectionId, teamId });
  if (!facts.concerned) throw new Problem('check_not_decidable', `There is nothing to rehearse. ${facts.why}`);
  return rehearse(facts);
}
