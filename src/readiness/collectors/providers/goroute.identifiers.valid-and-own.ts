import type { Collector } from '../../finding.ts';
import { uuidsOf } from '../../subject-uuids.ts';
import { readDeclared } from '../declared.ts';
import { type IdentifierFacts, judgeIdentifiers } from './goroute.identifiers.valid-and-own.rules.ts';

export const identifiersValidAndOwn: Collector<IdentifierFacts> = {
  checkId: 'goroute.identifiers.valid-and-own',
  version: 1,
  comparesDeclarations: true,
  async gather(context, subject) {
    const { participants = [], legalEntity = null } = (await readDeclared(context, subject)).parts;
    const found = await context.query(
      `SELECT FROM connection WHERE team_id = $1 AND deleted_at IS NULL AND provider = 'goroute'
        AND environment = 'production' LIMIT 1`,
      [uuidsOf(subject).team],
    );
    return { concerned: found.length > 0, participants, legalEntity };
  },
  judge: judgeIdentifiers,
};
