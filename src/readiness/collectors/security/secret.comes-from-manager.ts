import type { Collector } from '../../finding.ts';
import type { GatheringContext } from '../../instruments.ts';
import { judgeOrigins, type OwnSecrets } from './secret.comes-from-manager.rules.ts';

export const secretsComeFromManager: Collector<OwnSecrets> = {
  checkId: 'secret.comes-from-manager',
  version: 1,
  gather(context: GatheringContext) {
    const { environment, origins } = context.gateway();
    return Promise.resolve({ environment, origins });
  },
  judge: judgeOrigins,
};
