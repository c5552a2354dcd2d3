import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { releaseChecks } from '../../src/readiness/collectors/release-checks.ts';
import type { Measured, PartName } from '../../src/release/manifest-schema.ts';
import { type Proof, theGateway } from './proof.ts';
import type { ReadyGateway } from './ready-gateway.ts';

const every = releaseChecks.map(({ checkId }) => checkId);
const day = 86_400_000;
const restore = ({ release }: ReadyGateway): Promise<void> => release.restore();

/** The manifest of the pipeline says this of a part. */
const says =
  <Name extends PartName>(name: Name, edit: (part: Measured<Name>) => void) =>
  ({ release }: ReadyGateway): Promise<void> =>
    release.change(({ parts }) => edit(parts[name] as unknown as Measured<Name>));

const proof = <Name extends PartName>(
  check: string,
  name: Name,
  edit: (part: Measured<Name>) => void,
  more: Pick<Proof, 'related' | 'insteadOf'> = {},
): Proof => ({ check, subject: theGateway, plant: says(name, edit), mend: restore, ...more });

const lacks =
  <Entry>(isIt: (entry: Entry) => boolean) =>
  (entries: Entry[]): void => {
    const at = entries.findIndex(isIt);
    if (at === -1) throw new Error('what was to be taken away was never there');
    entries.splice(at, 1);
  };

const advisory = (foundDaysAgo: number, excused: boolean) => ({
  id: 'GHSA-0000-0000-0000',
  package: 'pg',
  severity: 'high' as const,
  foundAt: new Date(Date.now() - foundDaysAgo * day).toISOString(),
  mendedAt: null,
  exception: excused ? { owner: 'security', until: new Date(Date.now() + day).toISOString() } : null,
});

const installedCode = ({ release }: ReadyGateway): string => join(release.folder, 'dist', 'delivery', 'late.js');

export const proofsOfRelease: readonly Proof[] = [
  {
    check: 'deployment.pipeline.built-and-tested',
    subject: theGateway,
    plant: (gateway) => Promise.resolve(writeFileSync(installedCode(gateway), 'export const late = true;\n')),
    mend: (gateway) => Promise.resolve(rmSync(installedCode(gateway))),
    // What the manifest says is then about something else than what runs.
    related: every,
  },
  proof('deployment.pipeline.every-change-gated', 'changes', ({ commits }) => {
    for (const each of commits) each.endedBeforeMerge = false;
  }),
  proof('deployment.flags.risky-changes', 'flags', ({ risky }) => risky.push({ change: 'a change', setting: null })),
  proof('deployment.development.starts-clean', 'cleanStart', (part) => {
    part.ended = 'DATABASE_URL is not set';
  }),
  proof('operations.dependencies.updated', 'dependencies', (part) => {
    part.node = '20.19.0';
  }),
  proof(
    'operations.capacity.within-measured',
    'bench',
    ({ perSecond }) => {
      perSecond.accepting = 0.01;
    },
    { insteadOf: 'five minutes of full load: the capacity is so small that what the gateway did is over 70 % of it' },
  ),
  proof('bench.results-kept-and-compared', 'bench', ({ ofBarePipeline }) => {
    ofBarePipeline.delivering = 0.7;
  }),
  proof('load.breaking-point-known', 'breakingPoint', (part) => {
    part.perSecond = 0.01;
  }),
  proof(
    'resource.needs-measured-per-release',
    'needs',
    ({ rates }) => {
      for (const rate of rates) rate.memoryMb = 100_000_000;
    },
    { insteadOf: 'a process that may have less memory: the table of the release asks for more than it has' },
  ),
  proof(
    'webhook.signature.compares-in-constant-time',
    'constantTime',
    (part) => {
      const documenso = part.schemes.find(({ scheme }) => scheme === 'documenso');
      if (documenso === undefined) throw new Error('Documenso was not timed');
      documenso.t = 41.7;
    },
    {
      insteadOf:
        'a comparison with ===: what the measurement of one says; that it is found is in the tests of the maker',
    },
  ),
  proof('release.dependencies-free-of-known-holes', 'advisories', ({ found }) => found.push(advisory(2, false))),
  proof('compliance.vulnerabilities.fixed-in-time', 'advisories', ({ found }) => found.push(advisory(31, false)), {
    related: ['release.dependencies-free-of-known-holes'],
  }),
  proof('release.code-scanned', 'scans', ({ scanners }) => {
    for (const each of scanners) each.foundPlanted = false;
  }),
  proof('testing.unit.every-capability', 'tests', ({ capabilities }) =>
    lacks<(typeof capabilities)[number]>(({ capability }) => capability === 'delivery')(capabilities),
  ),
  proof('testing.coverage.above-80', 'coverage', (part) => {
    part.branchesPercent = 79.9;
  }),
  proof('testing.edges.properties-hold', 'properties', ({ rules }) =>
    lacks<(typeof rules)[number]>(({ rule }) => rule === 'polling guard')(rules),
  ),
  proof('testing.negative.each-documented-refusal', 'answers', (part) => {
    part.answered = part.answered.filter(({ status }) => status !== 413);
  }),
  proof('testing.integration.pipeline', 'suites', ({ cases }) =>
    lacks<(typeof cases)[number]>((each) => each.case === 'settling')(cases),
  ),
  proof('testing.integration.security-features', 'suites', ({ cases }) => {
    for (const each of cases) if (each.case === 'addresses: refuses') Object.assign(each, { passed: 0, skipped: 3 });
  }),
  proof('testing.integration.management-api', 'answers', (part) => {
    part.answered = part.answered.filter(({ stranger, path }) => !stranger || path !== '/v1/teams/{team}/endpoints');
  }),
  proof('testing.e2e.resilience-suites', 'suites', ({ cases }) =>
    lacks<(typeof cases)[number]>((each) => each.case === 'at once')(cases),
  ),
  proof('testing.security.running-candidate-scanned', 'imageScan', (part) => {
    part.buildDigest = '00'.repeat(32);
  }),
  proof('testing.security.inputs-fuzzed', 'fuzz', ({ targets }) =>
    lacks<(typeof targets)[number]>(({ target }) => target === 'provider goroute')(targets),
  ),
  proof('testing.staging.soaked', 'soak', (part) => {
    part.unhandledErrors = 1;
  }),
  proof('testing.checks.proven-able-to-fail', 'mutations', ({ proofs }) =>
    lacks<(typeof proofs)[number]>(({ check }) => check === 'secret.strong-and-unique')(proofs),
  ),
];
