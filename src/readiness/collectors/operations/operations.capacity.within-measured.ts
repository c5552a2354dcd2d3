import type { Collector } from '../../finding.ts';
import type { GatheringContext } from '../../instruments.ts';
import { busiestMinutes } from '../scalability/busiest-minutes.ts';
import { type CarriedLoad, judgeCapacity } from './operations.capacity.within-measured.rules.ts';

export const capacityWithinMeasured: Collector<CarriedLoad> = {
  checkId: 'operations.capacity.within-measured',
  version: 1,
  async gather(context: GatheringContext) {
    const [row] = await context.query<{ nodes: number }>(
      'SELECT count(*)::integer AS nodes FROM node WHERE lease_until > now()',
    );
    return { release: await context.manifest(), peak: await busiestMinutes(context), nodes: row?.nodes ?? 0 };
  },
  judge: judgeCapacity,
};
