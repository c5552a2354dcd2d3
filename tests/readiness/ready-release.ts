import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { providerNames } from '../../src/providers/registry.ts';
import { collectors } from '../../src/readiness/shipped-checks.ts';
import type { ReleaseManifest, ReleaseParts } from '../../src/release/manifest-schema.ts';
import { readInstalledFiles } from '../../src/release/installed-files.ts';
import { signManifest } from '../../src/release/manifest-text.rules.ts';
import { readRelease } from '../../src/release/read-release.ts';
import type { ReleaseFacts } from '../../src/release/release-facts.ts';
import { root } from '../docs/pages.ts';

type Parts = { -readonly [Name in keyof ReleaseParts]: ReleaseParts[Name] };
type EditableManifest = Omit<ReleaseManifest, 'parts'> & { parts: Parts };

/** An installation of a release with a manifest that its pipeline signed. */
export type ReadyRelease = {
  folder: string;
  publicKey: KeyObject;
  read(): Promise<ReleaseFacts>;
  /** Has the pipeline sign a manifest that says something else. */
  change(edit: (manifest: EditableManifest) => void): Promise<void>;
  /** The manifest as it was. */
  restore(): Promise<void>;
};

const capabilities = ['connections', 'delivery', 'readiness', 'sources'];
const commit = '0123456789abcdef0123456789abcdef01234567';
const hash = 'ab'.repeat(32);
const daysAgo = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString();

/**
 * Installs a small build with the catalogue as it is, and a manifest by which everything was done.
 * @param url of a gateway whose reference the answers are about
 */
export async function makeReadyRelease(within: string, url: string): Promise<ReadyRelease> {
  const folder = join(within, 'installed');
  for (const capability of capabilities) {
    mkdirSync(join(folder, 'dist', capability), { recursive: true });
    writeFileSync(join(folder, 'dist', capability, `${capability}.js`), `export const name = '${capability}';\n`);
  }
  cpSync(join(root, 'readiness'), join(folder, 'readiness'), { recursive: true });
  mkdirSync(join(folder, 'node_modules', 'pg'), { recursive: true });
  writeFileSync(join(folder, 'node_modules', 'pg', 'package.json'), '{"version":"8.23.1"}');
  writeFileSync(join(folder, 'package.json'), '{"version":"1.2.3","dependencies":{"pg":"^8.23.1"}}');
  writeFileSync(join(folder, 'SECURITY.md'), '# Security policy\n');

  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const installation = { folder, code: 'dist' } as const;
  const { digest, catalogue } = await readInstalledFiles(folder, 'dist');
  const decides = collectors.map(({ checkId }) => checkId);
  const answered = await everyAnswer(url);
  const perfect = (): EditableManifest => ({
    format: 'posthorn-release-manifest-1',
    version: '1.2.3',
    commit,
    madeAt: daysAgo(3),
    signedBy: 'pipeline',
    publicKey: '',
    build: { dist: digest, src: null, catalogue, capabilities: [...capabilities] },
    parts: perfectParts(digest ?? '', catalogue, decides, answered),
  });
  const write = (manifest: EditableManifest): void =>
    writeFileSync(join(folder, 'release-manifest.json'), signManifest(manifest, privateKey));
  write(perfect());
  return {
    folder,
    publicKey,
    read: () => readRelease({ installation, manifestPath: null, publicKey, decides }),
    change(edit) {
      const manifest = perfect();
      edit(manifest);
      write(manifest);
      return Promise.resolve();
    },
    restore() {
      write(perfect());
      return Promise.resolve();
    },
  };
}

type Answered = { method: string; path: string; status: number; stranger: boolean };

/** All that the served reference says is answered, and a stranger's try of everything below a team. */
async function everyAnswer(url: string): Promise<Answered[]> {
  const { paths } = (await (await fetch(`${url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { responses?: Record<string, unknown> }>>;
  };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([name, { responses = {} }]) => {
      const method = name.toUpperCase();
      const statuses = ['200', ...Object.keys(responses).filter((status) => status.startsWith('4'))].map(Number);
      const met = statuses.map((status) => ({ method, path, status, stranger: false }));
      return path.includes('{team}') ? [...met, { method, path, status: 403, stranger: true }] : met;
    }),
  );
}

function perfectParts(digest: string, catalogue: string, decides: readonly string[], answered: Answered[]): Parts {
  const cases = (suite: string, ...names: string[]) =>
    names.map((name) => ({ suite, case: name, passed: 3, failed: 0, skipped: 0 }));
  const allowedAndRefused = ['verification', 'addresses', 'rate limits', 'destinations', 'keys', 'secrets'].flatMap(
    (name) => [`${name}: lets in`, `${name}: refuses`],
  );
  const targets = ['bodies', 'filters', 'xml', 'multipart', 'urls', 'configuration'];
  const fuzzed = [...targets, ...providerNames.map((name) => `provider ${name}`)];
  const pure = ['retry schedule', 'outcome', 'signatures', 'breaker', 'rate budget', 'polling guard', 'filters'];
  const rules = [...pure, 'address ranges', 'redaction'];
  return {
    pipeline: {
      status: 'measured',
      line: 'main',
      isOnLine: true,
      treeIsClean: true,
      jobs: ['format', 'lint', 'types', 'dead code', 'architecture', 'tests'].map((name) => ({
        name,
        state: 'ok',
        runs: 1,
      })),
    },
    changes: {
      status: 'measured',
      commits: [{ commit, state: 'passed', endedBeforeMerge: true }],
      bypassed: 0,
      refusedPlanted: true,
    },
    flags: {
      status: 'measured',
      risky: [{ change: commit, setting: 'POSTHORN_PROXY_RESOLVES_NAMES' }],
      flags: [
        {
          setting: 'POSTHORN_PROXY_RESOLVES_NAMES',
          owner: 'delivery',
          default: 'no',
          removeBy: daysAgo(-90),
          testedOn: true,
          testedOff: true,
        },
      ],
    },
    cleanStart: {
      status: 'measured',
      startCommands: 1,
      testCommands: 1,
      ended: 'ok',
      deliveredAfterSeconds: 12,
      productionCredentials: [],
    },
    dependencies: {
      status: 'measured',
      lockfileSha256: hash,
      materials: [{ name: 'pg', version: '8.23.1', integrity: null, development: false }],
      direct: [{ name: 'pg', version: '8.23.1', takenAt: daysAgo(20), latest: '8.24.0', reasonToStay: null }],
      node: '24.21.0',
      postgres: '18.4',
    },
    advisories: { status: 'measured', checkedAt: daysAgo(1), found: [] },
    bench: {
      status: 'measured',
      commit,
      machine: '2 cores',
      runs: 5,
      perSecond: { accepting: 8000, delivering: 8000, calling: 4000 },
      ofBarePipeline: { accepting: 0.85, delivering: 0.84, recording: 0.9 },
      commitsPerEvent: 0.02,
      worseThanBeforePercent: 2,
    },
    breakingPoint: {
      status: 'measured',
      perSecond: 9000,
      processors: 2,
      ranOutFirst: 'processor',
      refusedWith: [429, 503],
      acknowledgedLost: 0,
      recoveredAfterSeconds: 5,
    },
    needs: {
      status: 'measured',
      rates: [100, 1000, 4000].map((perSecond) => ({ perSecond, processorMsPer1000: 150, memoryMb: 256 })),
      diskMbPerMillion: 3000,
    },
    constantTime: {
      status: 'measured',
      mismatches: 200_000,
      schemes: providerNames.map((scheme) => ({ scheme, t: 0.8 })),
      outside: [],
      lintFoundPlanted: true,
    },
    scans: {
      status: 'measured',
      scanners: [
        { scanner: 'code', rules: '1', files: 100, filesThere: 100, overHistory: false, high: [], foundPlanted: true },
        {
          scanner: 'secrets',
          rules: '1',
          files: 100,
          filesThere: 100,
          overHistory: true,
          high: [],
          foundPlanted: true,
        },
      ],
    },
    tests: {
      status: 'measured',
      capabilities: capabilities.map((capability) => ({ capability, passed: 10, failed: 0, skipped: [] })),
    },
    suites: {
      status: 'measured',
      postgres: '18.4',
      sockets: true,
      cases: [
        ...cases('pipeline', 'accepting', 'receiving', 'dispatching', 'settling', 'dead letters', 'archive'),
        ...cases('security', ...allowedAndRefused),
        ...cases('retries', 'attempt 1', 'attempt 2', 'attempt 3', 'attempt 4', 'attempt 5', 'exhausted'),
        ...cases('errors', 'dns', 'tls', 'connect', 'timeout', 'reset', 'blocked', 'http'),
        ...cases('repeats', 'one after another', 'at once', 'after a restart'),
      ],
    },
    coverage: {
      status: 'measured',
      linesPercent: 93,
      branchesPercent: 88,
      capabilities: capabilities.map((capability) => ({ capability, linesPercent: 92 })),
      leftOut: [],
    },
    properties: {
      status: 'measured',
      rules: rules.map((rule) => ({ rule, runs: 1000, counterexamples: 0, mutantsKilledPercent: 80 })),
    },
    answers: { status: 'measured', answered },
    imageScan: {
      status: 'measured',
      buildDigest: digest,
      looked: ['ports', 'headers', 'cookies', 'tls', 'weaknesses', 'packages'],
      advisoriesAt: daysAgo(4),
      high: [],
      foundPlanted: true,
    },
    fuzz: {
      status: 'measured',
      targets: fuzzed.map((target) => ({
        target,
        executions: 1_000_000,
        openCrashes: 0,
        corpusSha256: hash,
        playedAgain: true,
      })),
    },
    soak: {
      status: 'measured',
      hours: 24,
      deliveries: 5000,
      calls: 2000,
      failedPercent: 0.4,
      failedPercentBefore: 0.3,
      unhandledErrors: 0,
      restarts: 0,
    },
    mutations: {
      status: 'measured',
      catalogueDigest: catalogue,
      proofs: decides.map((check) => ({
        check,
        planted: 'its defect',
        before: 'passed',
        broken: 'failed',
        mended: 'passed',
      })),
    },
    crash: { status: 'measured', rounds: 1000, failures: 0 },
    simulation: { status: 'measured', runs: 10_000, failures: 0 },
  };
}
