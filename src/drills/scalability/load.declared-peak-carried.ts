import { unknown } from '../../readiness/finding.rules.ts';
import type { Drill } from '../drill.ts';
import { judgeCarried, noPeak } from './load.declared-peak-carried.rules.ts';
import { declaredPeak, putLoad } from './peak-load.ts';

const times = 1.5;
const [lastsMs, leastMs] = [600_000, 8_000];
const [drainMs, leastDrainMs] = [60_000, 10_000];

/** On the machine of the gateway itself: one that carries it beside its own work has room enough. */
export const peakCarried: Drill = {
  checkId: 'load.declared-peak-carried',
  subject: 'gateway',
  version: 1,
  comparesDeclarations: true,
  does: 'Puts 1.5 times what the team declared as its peak on a second gateway of this machine for ten minutes.',
  touches: 'nothing',
  // It takes the machine from whatever else runs there.
  safeInProduction: false,
  limitSeconds: 1_200,
  async run(stage) {
    const peak = await declaredPeak(stage);
    if (peak === null) return unknown(noPeak);
    const waits = stage.paced(drainMs, leastDrainMs);
    const { slices: _, ...result } = await putLoad(stage, peak, {
      times,
      lastsMs: stage.paced(lastsMs, leastMs),
      drainMs: waits,
    });
    return judgeCarried({ ...result, drainMs: waits });
  },
};
