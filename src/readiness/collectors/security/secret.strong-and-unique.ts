import type { Collector, Subject } from '../../finding.ts';
import type { GatheringContext } from '../../instruments.ts';
import { type EndpointSecrets, judgeSecrets } from './secret.strong-and-unique.rules.ts';

export const secretsStrongAndUnique: Collector<EndpointSecrets> = {
  checkId: 'secret.strong-and-unique',
  version: 1,
  async gather(context: GatheringContext, subject: Subject) {
    const all = await context.secrets();
    const own = all.filter(({ holder, holderId }) => holder === 'endpoint' && holderId === subject.id);
    const fingerprints = new Set(own.map(({ fingerprint }) => fingerprint));
    const others = all.filter(({ fingerprint, holderId }) => holderId !== subject.id && fingerprints.has(fingerprint));
    return {
      secrets: own.map(({ sizeBytes, distinctBytes, isSample }) => ({ sizeBytes, distinctBytes, isSample })),
      // Another team's is not named: it is nobody's business here.
      sharedWith: others.map((other) =>
        other.teamId === subject.teamId ? `${other.holder} ${other.holderId}` : `a ${other.holder} of another team`,
      ),
    };
  },
  judge: judgeSecrets,
};
