import type { Collector, Finding } from '../../finding.ts';
import {
  judgeComplianceMet,
  judgeFiveRoles,
  judgeFreshAtStart,
  judgeGoNoGo,
  judgeNoneCritical,
  judgePerformanceMet,
  judgeSecurityMet,
} from './launch.sums.rules.ts';
import { gatherStands, type StandingLaunches } from './review-stand.ts';

/** What is decided by how whole reviews stand. */
const over = (
  checkId: string,
  judge: (facts: StandingLaunches, nowMs: number) => Finding,
): Collector<StandingLaunches> => ({ checkId, version: 2, gather: gatherStands, judge });

export const goNoGo = over('launch.criteria.go-no-go', judgeGoNoGo);
export const noneCritical = over('launch.issues.none-critical', judgeNoneCritical);
export const performanceMet = over('launch.requirements.performance-met', judgePerformanceMet);
export const securityMet = over('launch.requirements.security-met', judgeSecurityMet);
export const complianceMet = over('launch.requirements.compliance-met', judgeComplianceMet);
export const freshAtStart = over('launch.evidence.fresh-at-start', judgeFreshAtStart);
export const fiveRoles = over('launch.signoff.five-roles', judgeFiveRoles);
