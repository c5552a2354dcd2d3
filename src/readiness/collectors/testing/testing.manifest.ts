import type { Collector, Finding } from '../../finding.ts';
import type { GatheringContext } from '../../instruments.ts';
import { manifestCheck } from '../manifest-check.ts';
import { judgeProofs } from './testing.checks.proven-able-to-fail.rules.ts';
import { judgeCoverage } from './testing.coverage.above-80.rules.ts';
import { judgeResilience } from './testing.e2e.resilience-suites.rules.ts';
import { judgeProperties } from './testing.edges.properties-hold.rules.ts';
import { judgeOperations } from './testing.integration.management-api.rules.ts';
import { judgePipelineSuites } from './testing.integration.pipeline.rules.ts';
import { judgeSecuritySuites } from './testing.integration.security-features.rules.ts';
import { judgeRefusals, type TestedReference } from './testing.negative.each-documented-refusal.rules.ts';
import { judgeFuzzed } from './testing.security.inputs-fuzzed.rules.ts';
import { judgeImageScan } from './testing.security.running-candidate-scanned.rules.ts';
import { judgeSoaked } from './testing.staging.soaked.rules.ts';
import { judgeUnitTests } from './testing.unit.every-capability.rules.ts';

function referenceCheck(checkId: string, judge: (facts: TestedReference) => Finding): Collector<TestedReference> {
  return {
    checkId,
    version: 1,
    async gather(context: GatheringContext) {
      const { described } = await context.reference();
      return { release: await context.manifest(), described };
    },
    judge,
  };
}

export const everyCapabilityTested = manifestCheck('testing.unit.every-capability', judgeUnitTests);
export const coverageAbove80 = manifestCheck('testing.coverage.above-80', judgeCoverage);
export const propertiesHold = manifestCheck('testing.edges.properties-hold', judgeProperties);
export const eachRefusalMet = referenceCheck('testing.negative.each-documented-refusal', judgeRefusals);
export const pipelineTested = manifestCheck('testing.integration.pipeline', judgePipelineSuites);
export const securityFeaturesTested = manifestCheck('testing.integration.security-features', judgeSecuritySuites);
export const managementApiTested = referenceCheck('testing.integration.management-api', judgeOperations);
export const resilienceTested = manifestCheck('testing.e2e.resilience-suites', judgeResilience);
export const candidateScanned = manifestCheck('testing.security.running-candidate-scanned', judgeImageScan);
export const inputsFuzzed = manifestCheck('testing.security.inputs-fuzzed', judgeFuzzed);
export const stagingSoaked = manifestCheck('testing.staging.soaked', judgeSoaked);
export const checksProven = manifestCheck('testing.checks.proven-able-to-fail', judgeProofs);
