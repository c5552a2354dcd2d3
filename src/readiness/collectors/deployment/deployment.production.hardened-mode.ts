import type { Collector } from '../../finding.ts';
import type { GatheringContext } from '../../instruments.ts';
import { type HardenedMode, judgeHardenedMode } from './deployment.production.hardened-mode.rules.ts';

export const productionHardened: Collector<HardenedMode> = {
  checkId: 'deployment.production.hardened-mode',
  version: 1,
  gather(context: GatheringContext) {
    const { environment, publicUrl, logLevel, allowNetworks, masterKeyGiven, operatorKeyGiven } = context.gateway();
    return Promise.resolve({ environment, publicUrl, logLevel, allowNetworks, masterKeyGiven, operatorKeyGiven });
  },
  judge: judgeHardenedMode,
};
