import { describe, expect, test } from 'vitest';
import { releaseChecks } from '../../src/readiness/collectors/release-checks.ts';
import type { Collector } from '../../src/readiness/finding.ts';
import type { ReleaseManifest, ReleaseParts } from '../../src/release/manifest-schema.ts';
import type { ManifestFault, ReleaseFacts, RunningRelease } from '../../src/release/release-facts.ts';
import { nothingMeasured } from './installation.ts';

const nowMs = Date.parse('2026-11-21T12:00:00Z');
const running: RunningRelease = {
  version: '1.2.3',
  code: 'dist',
  digest: 'ab'.repeat(32),
  catalogueDigest: 'cd'.repeat(32),
  capabilities: ['delivery'],
  dependencies: { pg: '8.23.1' },
  node: '24.21.0',
  processors: 2,
  memoryMb: 4096,
  isInContainer: true,
  hasSecurityPolicy: true,
  providers: ['documenso'],
  settings: ['PORT'],
  decides: ['a.check'],
};
const manifest: ReleaseManifest = {
  format: 'posthorn-release-manifest-1',
  version: '1.2.3',
  commit: '0123456789abcdef0123456789abcdef01234567',
  madeAt: '2026-11-20T12:00:00Z',
  signedBy: 'pipeline',
  publicKey: '',
  build: { dist: running.digest, src: null, catalogue: running.catalogueDigest, capabilities: ['delivery'] },
  parts: nothingMeasured,
};
const verified = (parts: Partial<ReleaseParts>, more: Partial<RunningRelease> = {}): ReleaseFacts => ({
  running: { ...running, ...more },
  verified: true,
  manifest: { ...manifest, parts: { ...nothingMeasured, ...parts } },
});
const unverified = (kind: ManifestFault['kind']): ReleaseFacts => ({
  running,
  verified: false,
  fault: { kind, what: 'It proves nothing.', command: null },
});

/** Some checks look at more than the release: that is as harmless as can be here. */
const judge = (checkId: string, release: ReleaseFacts) => {
  const collector = releaseChecks.find((each) => each.checkId === checkId) as Collector<unknown>;
  const beside = { peak: { accepting: 1, delivering: 1, calling: 1 }, nodes: 1, postgres: '18.4', described: [] };
  const first = tryJudge(() => collector.judge(release, nowMs));
  return first ?? collector.judge({ release, ...beside }, nowMs);
};
const tryJudge = (run: () => ReturnType<Collector<unknown>['judge']>) => {
  try {
    return run();
  } catch {
    return null;
  }
};

const ids = releaseChecks.map(({ checkId }) => checkId);

describe.each(ids)('%s', (checkId) => {
  test.each(['absent', 'no-key', 'ephemeral'] as const)(
    'is not decided by a manifest that proves nothing: %s',
    (kind) => {
      expect(judge(checkId, unverified(kind))).toMatchObject({ state: 'unknown', seen: 'It proves nothing.' });
    },
  );

  test('does not pass by a manifest that is not about what runs', () => {
    const { state } = judge(checkId, unverified('wrong'));
    expect(state).toBe(checkId === 'deployment.pipeline.built-and-tested' ? 'failed' : 'unknown');
  });

  test('is not decided where the pipeline measured nothing, and says so', () => {
    expect(judge(checkId, verified({}))).toMatchObject({
      state: 'unknown',
      seen: 'The pipeline did not measure it: this is a test.',
    });
  });
});

test('the scan of an image is of no concern to what runs from none', () => {
  const found = judge('testing.security.running-candidate-scanned', verified({}, { isInContainer: false }));
  expect(found.state).toBe('not-applicable');
});

const bench: ReleaseParts['bench'] = {
  status: 'measured',
  commit: manifest.commit,
  machine: '2 cores',
  runs: 5,
  perSecond: { accepting: 100, delivering: 100, calling: 100 },
  ofBarePipeline: { accepting: 0.8, delivering: 0.8, recording: 0.8 },
  commitsPerEvent: 0.05,
  worseThanBeforePercent: 10,
};

test.each([
  ['figures at the border', {}, 'passed'],
  ['four runs', { runs: 4 }, 'failed'],
  ['a tenth of a commit', { commitsPerEvent: 0.1 }, 'failed'],
  ['an eleventh worse', { worseThanBeforePercent: 10.1 }, 'failed'],
  ['nothing to compare with', { worseThanBeforePercent: null }, 'unknown'],
  ['one ratio that nobody took', { ofBarePipeline: { ...bench.ofBarePipeline, recording: null } }, 'unknown'],
] as const)('bench results with %s', (_what, change, state) => {
  expect(judge('bench.results-kept-and-compared', verified({ bench: { ...bench, ...change } })).state).toBe(state);
});

test.each([
  ['of this commit', {}, 'passed'],
  ['of another commit', { commit: 'main' }, 'failed'],
  ['of no commit', { commit: null }, 'unknown'],
  ['without what calls can do', { perSecond: { ...bench.perSecond, calling: null } }, 'unknown'],
  ['of which too much was used', { perSecond: { ...bench.perSecond, calling: 1.4 } }, 'failed'],
] as const)('capacity that was measured, %s', (_what, change, state) => {
  const found = judge('operations.capacity.within-measured', verified({ bench: { ...bench, ...change } }));
  expect(found.state).toBe(state);
});

const advisory = {
  id: 'GHSA-1',
  package: 'pg',
  severity: 'high' as const,
  foundAt: '2026-10-20T12:00:00Z',
  mendedAt: null as string | null,
  exception: null as { owner: string; until: string } | null,
};
const materials: ReleaseParts['dependencies'] = {
  status: 'measured',
  lockfileSha256: 'ab'.repeat(32),
  materials: [{ name: 'pg', version: '8.23.1', integrity: null, development: false }],
  direct: [],
  node: '24.21.0',
  postgres: '18.4',
};

test.each([
  ['none', [], 'passed', 'passed'],
  ['a high one of 32 days', [{}], 'failed', 'failed'],
  ['one that is excused', [{ exception: { owner: 'security', until: '2026-12-01T00:00:00Z' } }], 'passed', 'passed'],
  [
    'one whose excuse is over',
    [{ exception: { owner: 'security', until: '2026-11-01T00:00:00Z' } }],
    'failed',
    'failed',
  ],
  ['one that nobody owns', [{ exception: { owner: '', until: '2026-12-01T00:00:00Z' } }], 'failed', 'failed'],
  ['one that was mended in time', [{ mendedAt: '2026-11-01T12:00:00Z' }], 'passed', 'passed'],
  ['one that was mended late', [{ mendedAt: '2026-11-20T12:00:00Z' }], 'passed', 'failed'],
  ['a medium one of 32 days', [{ severity: 'medium' as const }], 'passed', 'passed'],
] as const)('advisories: %s', (_what, changes, free, inTime) => {
  const found = changes.map((change) => ({ ...advisory, ...change }));
  const release = verified({
    dependencies: materials,
    advisories: { status: 'measured', checkedAt: '2026-11-20T12:00:00Z', found },
  });
  expect(judge('release.dependencies-free-of-known-holes', release).state).toBe(free);
  expect(judge('compliance.vulnerabilities.fixed-in-time', release).state).toBe(inTime);
});

test('a package that is installed and not in the bill of materials is found', () => {
  const release = verified(
    { dependencies: materials, advisories: { status: 'measured', checkedAt: manifest.madeAt, found: [] } },
    { dependencies: { pg: '8.0.0' } },
  );
  expect(judge('release.dependencies-free-of-known-holes', release)).toMatchObject({
    state: 'failed',
    seen: 'Installed, and not in the bill of materials: pg 8.0.0.',
  });
});

test.each([
  ['24.21.0', '24.21.0', '18.4', [], 'passed'],
  ['20.19.0', '24.21.0', '18.4', [], 'failed'],
  ['24.21.0', '26.1.0', '18.4', [], 'failed'],
  ['24.21.0', '24.21.0', '14.2', [], 'failed'],
  ['24.21.0', '24.21.0', '18.4', [{ version: '8.1.0', latest: '10.0.0' }], 'failed'],
  ['24.21.0', '24.21.0', '18.4', [{ version: '8.1.0', latest: '9.0.0' }], 'passed'],
  ['24.21.0', '24.21.0', '18.4', [{ version: '8.1.0', latest: null }], 'unknown'],
] as const)('dependencies: built by Node %s, run by %s, PostgreSQL %s, %j', (node, runs, postgres, behind, state) => {
  const direct = behind.map((each) => ({ name: 'pg', takenAt: null, reasonToStay: null, ...each }));
  const release = verified({ dependencies: { ...materials, node, direct } }, { node: runs });
  const collector = releaseChecks.find((each) => each.checkId === 'operations.dependencies.updated');
  expect(collector?.judge({ release, postgres }, nowMs).state).toBe(state);
});
