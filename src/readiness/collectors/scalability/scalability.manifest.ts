import type { Collector } from '../../finding.ts';
import type { GatheringContext } from '../../instruments.ts';
import { manifestCheck } from '../manifest-check.ts';
import { judgeBench } from './bench.results-kept-and-compared.rules.ts';
import { busiestMinutes } from './busiest-minutes.ts';
import { type BreakingPoint, judgeBreakingPoint } from './load.breaking-point-known.rules.ts';
import { judgeNeeds, type ResourceNeeds } from './resource.needs-measured-per-release.rules.ts';

const gatherWithPeak = async (context: GatheringContext) => ({
  release: await context.manifest(),
  peak: await busiestMinutes(context),
});

export const benchKeptAndCompared = manifestCheck('bench.results-kept-and-compared', judgeBench);

export const breakingPointKnown: Collector<BreakingPoint> = {
  checkId: 'load.breaking-point-known',
  version: 1,
  gather: gatherWithPeak,
  judge: judgeBreakingPoint,
};

export const needsMeasured: Collector<ResourceNeeds> = {
  checkId: 'resource.needs-measured-per-release',
  version: 1,
  gather: gatherWithPeak,
  judge: judgeNeeds,
};
