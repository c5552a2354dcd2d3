import type { Collector } from '../../finding.ts';
import type { GatheringContext } from '../../instruments.ts';
import { readDeclared } from '../declared.ts';
import { gorouteProduction } from './goroute-connection.ts';
import { lookUp } from './goroute-lookup.ts';
import { lookupsMost } from './goroute-lookup.rules.ts';
import { judgeRegistered, type RegisteredFacts } from './goroute.participant.registered.rules.ts';

export const participantsRegistered: Collector<RegisteredFacts> = {
  checkId: 'goroute.participant.registered',
  version: 1,
  comparesDeclarations: true,
  async gather(context: GatheringContext, subject) {
    const found = gorouteProduction(context, subject);
    if (!found.concerned) return found;
    const { participants = [] } = (await readDeclared(context, subject)).parts;
    return {
      concerned: true,
      participants: participants.map(({ scheme, value, name = null, country = null, accessPoint = null }) => {
        return { identifier: `${scheme}:${value}`, name, country, accessPoint };
      }),
      lookups: await lookUp(context, found.connection, participants.slice(0, lookupsMost)),
    };
  },
  judge: judgeRegistered,
};
