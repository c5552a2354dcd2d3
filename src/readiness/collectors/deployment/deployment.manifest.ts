import { manifestCheck } from '../manifest-check.ts';
import { judgeCleanStart } from './deployment.development.starts-clean.rules.ts';
import { judgeFlags } from './deployment.flags.risky-changes.rules.ts';
import { judgeBuilt } from './deployment.pipeline.built-and-tested.rules.ts';
import { judgeGated } from './deployment.pipeline.every-change-gated.rules.ts';

export const builtAndTested = manifestCheck('deployment.pipeline.built-and-tested', judgeBuilt);
export const everyChangeGated = manifestCheck('deployment.pipeline.every-change-gated', judgeGated);
export const riskyChangesFlagged = manifestCheck('deployment.flags.risky-changes', judgeFlags);
export const startsClean = manifestCheck('deployment.development.starts-clean', judgeCleanStart);
