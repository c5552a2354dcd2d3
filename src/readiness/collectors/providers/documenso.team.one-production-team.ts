import type { Collector } from '../../finding.ts';
import type { GatheringContext } from '../../instruments.ts';
import { dayMs } from '../../finding.rules.ts';
import { readDeclared } from '../declared.ts';
import { readEventBodies } from '../event-bodies.ts';
import { judgeTeam, type TeamFacts, teamIdOf, teamsOfList } from './documenso.team.one-production-team.rules.ts';
import { readOwn } from './own-read.ts';

const eventsMost = 500;

export const oneProductionTeam: Collector<TeamFacts> = {
  checkId: 'documenso.team.one-production-team',
  version: 1,
  comparesDeclarations: true,
  async gather(context: GatheringContext, subject) {
    const connection = context.connections.find(subject.id);
    if (connection === null) throw new Error(`${subject.id} cannot be read`);
    if (connection.profile.name !== 'documenso') return { concerned: false, why: 'It is no connection to Documenso.' };
    if (connection.environment !== 'production') return { concerned: false, why: 'It is a connection to the sandbox.' };
    const { parts } = await readDeclared(context, subject);
    const declared = parts.providers?.find((each) => each.connection === subject.id)?.organisation ?? null;
    const read = declared === null ? null : await readOwn(context, subject.id, '/api/v2/envelope?page=1&perPage=20');
    const { teamId, sourceIds } = connection;
    const sinceMs = context.nowMs - 30 * dayMs;
    const events = await readEventBodies(context, { teamId, sourceIds, sinceMs, most: eventsMost });
    const ofDocuments = events.filter(({ type }) => type.startsWith('DOCUMENT_'));
    return {
      concerned: true,
      declared,
      list: { status: read?.status ?? 0, problem: read?.problem ?? null, teams: teamsOfList(read?.body ?? '') },
      webhookTeams: ofDocuments.map(({ body }) => teamIdOf((body as { payload?: unknown } | null)?.payload)),
    };
  },
  judge: judgeTeam,
};
