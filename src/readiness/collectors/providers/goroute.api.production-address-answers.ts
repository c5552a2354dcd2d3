import type { Collector, Subject } from '../../finding.ts';
import type { GatheringContext } from '../../instruments.ts';
import { gorouteProduction } from './goroute-connection.ts';
import { type GorouteAddress, judgeGorouteAddress } from './goroute.api.production-address-answers.rules.ts';
import { readOwn } from './own-read.ts';

export const gorouteAddress: Collector<GorouteAddress> = {
  checkId: 'goroute.api.production-address-answers',
  version: 1,
  async gather(context: GatheringContext, subject: Subject) {
    const found = gorouteProduction(context, subject);
    if (!found.concerned) return found;
    const { baseUrl, profile } = found.connection;
    const { status, durationMs, problem } = await readOwn(context, subject.id, '/health');
    return {
      concerned: true,
      baseUrl,
      productionUrl: profile.environments.production.baseUrl,
      health: { status, durationMs, problem },
    };
  },
  judge: judgeGorouteAddress,
};
