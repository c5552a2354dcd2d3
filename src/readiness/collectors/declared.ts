import type { DeclarationParts, PartName } from '../../declarations/declaration-schemas.ts';
import type { Confirmation } from '../../declarations/declaration.ts';
import { uuidFromId } from '../../ids/id.rules.ts';
import type { CollectorContext, Subject } from '../finding.ts';

export type Declared = { parts: DeclarationParts; confirmed: Partial<Record<PartName, Confirmation>> };

/** What the team of a subject declares now; nothing at all is an empty declaration. */
export async function readDeclared(context: CollectorContext, { teamId }: Subject): Promise<Declared> {
  if (teamId === null) throw new RangeError('the gateway declares nothing');
  const [row] = await context.query<Declared>(
    'SELECT parts, confirmed FROM declaration WHERE team_id = $1 ORDER BY version DESC LIMIT 1',
    [uuidFromId(teamId)],
  );
  return row ?? { parts: {}, confirmed: {} };
}
