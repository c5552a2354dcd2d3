import type { Collector } from '../../finding.ts';
import type { GatheringContext } from '../../instruments.ts';
import { type CoveredRoutes, judgeReference } from './docs.reference.covers-every-route.rules.ts';
import { type DocumentedErrors, judgeErrors } from './docs.reference.errors-equal-thrown.rules.ts';

export const referenceCoversEveryRoute: Collector<CoveredRoutes> = {
  checkId: 'docs.reference.covers-every-route',
  version: 1,
  gather: async (context: GatheringContext) => context.reference(),
  judge: judgeReference,
};

export const errorsEqualThrown: Collector<DocumentedErrors> = {
  checkId: 'docs.reference.errors-equal-thrown',
  version: 1,
  gather: async (context: GatheringContext) => context.reference(),
  judge: judgeErrors,
};
