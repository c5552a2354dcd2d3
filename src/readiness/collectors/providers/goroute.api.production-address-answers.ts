import type { Collector, Subject } from '../../finding.ts';
import type { GatheringContext } from '../../instruments.ts';
import { type GorouteAddress, judgeGorouteAddress } from './goroute.api.production-address-answers.rules.ts';
import { readOwn } from './own-read.ts';

export const gorouteAddress: Collector<GorouteAddress> = {
  checkId: 'goroute.api.production-address-answers',
  version: 1,
  async gather(context: GatheringContext, subject: Subject) {
    const connection = context.connections.find(subject.id);
    if (connection === null) throw new Error(`${subject.id} cannot be read`);
    if (connection.profile.name !== 'goroute') return { concerned: false, why: 'It is no connection to GoRoute.' };
    if (connection.environment !== 'production') return { concerned: false, why: 'It is a connection to the sandbox.' };
    const { status, durationMs, problem } = await readOwn(context, subject.id, '/health');
    return {
      concerned: true,
      baseUrl: connection.baseUrl,
      productionUrl: connection.profile.environments.production.baseUrl,
      health: { status, durationMs, problem },
    };
  },
  judge: judgeGorouteAddress,
};
