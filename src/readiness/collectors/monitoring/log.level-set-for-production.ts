import type { Collector } from '../../finding.ts';
import type { GatheringContext } from '../../instruments.ts';
import { judgeLogLevel, type LogLevel } from './log.level-set-for-production.rules.ts';

export const logLevelSet: Collector<LogLevel> = {
  checkId: 'log.level-set-for-production',
  version: 1,
  gather(context: GatheringContext) {
    const { environment, logLevel } = context.gateway();
    return Promise.resolve({ environment, level: logLevel });
  },
  judge: judgeLogLevel,
};
