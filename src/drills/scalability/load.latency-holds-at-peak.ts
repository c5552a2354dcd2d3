import { unknown } from '../../readiness/finding.rules.ts';
import type { Drill } from '../drill.ts';
import { noPeak } from './load.declared-peak-carried.rules.ts';
import { judgeLatency } from './load.latency-holds-at-peak.rules.ts';
import { declaredPeak, putLoad } from './peak-load.ts';

const [lastsMs, leastMs] = [600_000, 8_000];
const drainMs = 60_000;

export const latencyHolds: Drill = {
  checkId: 'load.latency-holds-at-peak',
  subject: 'gateway',
  version: 1,
  comparesDeclarations: true,
  does: 'Puts what the team declared as its peak on a second gateway of this machine for ten minutes, and times it.',
  touches: 'nothing',
  // It takes the machine from whatever else runs there.
  safeInProduction: false,
  limitSeconds: 1_200,
  async run(stage) {
    const peak = await declaredPeak(stage);
    if (peak === null) return unknown(noPeak);
    const { pending: _, ...result } = await putLoad(stage, peak, {
      times: 1,
      lastsMs: stage.paced(lastsMs, leastMs),
      drainMs,
    });
    return judgeLatency(result);
  },
};
