import type { Collector } from '../finding.ts';
import { vulnerabilitiesFixedInTime } from './compliance/compliance.manifest.ts';
import {
  builtAndTested,
  everyChangeGated,
  riskyChangesFlagged,
  startsClean,
} from './deployment/deployment.manifest.ts';
import { capacityWithinMeasured } from './operations/operations.capacity.within-measured.ts';
import { dependenciesUpdated } from './operations/operations.dependencies.updated.ts';
import { benchKeptAndCompared, breakingPointKnown, needsMeasured } from './scalability/scalability.manifest.ts';
import { codeScanned, dependenciesFreeOfHoles, signaturesInConstantTime } from './security/security.manifest.ts';
import {
  candidateScanned,
  checksProven,
  coverageAbove80,
  eachRefusalMet,
  everyCapabilityTested,
  inputsFuzzed,
  managementApiTested,
  pipelineTested,
  propertiesHold,
  resilienceTested,
  securityFeaturesTested,
  stagingSoaked,
} from './testing/testing.manifest.ts';

/** What is decided from the signed manifest of the release. */
export const releaseChecks: readonly Collector<unknown>[] = [
  vulnerabilitiesFixedInTime,
  builtAndTested,
  everyChangeGated,
  riskyChangesFlagged,
  startsClean,
  capacityWithinMeasured,
  dependenciesUpdated,
  benchKeptAndCompared,
  breakingPointKnown,
  needsMeasured,
  codeScanned,
  dependenciesFreeOfHoles,
  signaturesInConstantTime,
  candidateScanned,
  checksProven,
  coverageAbove80,
  eachRefusalMet,
  everyCapabilityTested,
  inputsFuzzed,
  managementApiTested,
  pipelineTested,
  propertiesHold,
  resilienceTested,
  securityFeaturesTested,
  stagingSoaked,
];
