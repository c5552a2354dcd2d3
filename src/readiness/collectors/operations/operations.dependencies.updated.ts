import type { Collector } from '../../finding.ts';
import type { GatheringContext } from '../../instruments.ts';
import { judgeUpdated, type UpdatedDependencies } from './operations.dependencies.updated.rules.ts';

export const dependenciesUpdated: Collector<UpdatedDependencies> = {
  checkId: 'operations.dependencies.updated',
  version: 1,
  async gather(context: GatheringContext) {
    const [row] = await context.query<{ version: string }>(`SELECT current_setting('server_version') AS version`);
    return { release: await context.manifest(), postgres: row?.version ?? '' };
  },
  judge: judgeUpdated,
};
