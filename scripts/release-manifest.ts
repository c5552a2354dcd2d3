import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { Value } from 'typebox/value';
import { type PartName, partSchemas, type ReleaseParts } from '../src/release/manifest-schema.ts';
import { readInstalledFiles } from '../src/release/installed-files.ts';
import { signManifest } from '../src/release/manifest-text.rules.ts';
import { readAdvisories, readDependencies } from './manifest/dependencies.ts';
import { git } from './manifest/git.ts';
import { handedIn, notMeasured } from './manifest/handed-in.ts';
import { readAnswers, readBench, readCoverage, readCrashReport, readMutations } from './manifest/kept-reports.ts';
import { measureConstantTime } from './manifest/measure-constant-time.ts';
import { readPipeline } from './manifest/pipeline.ts';
import { scanCode } from './manifest/scan-code.ts';
import { scanSecrets } from './manifest/scan-secrets.ts';
import { countByCapability, countSuites, readTestReport } from './manifest/test-report.ts';

const usage = `npm run manifest -- [options]

Says of this commit what was measured of it, signs that, and writes release-manifest.json.
  --key <file>        Ed25519 private key, PEM (POSTHORN_RELEASE_KEY_FILE); else one is made, and thrown away
  --measure <times>   also time signatures, that many mismatches at each end (a release takes 200000)
  --online            also ask the registry for advisories and newer versions
  --line <branch>     the protected line: main
  --no-build          take dist as it is
  --reports <folder>  where the tests and other jobs left their reports: reports
  --root <folder>     the project: this one
  --output <file>     release-manifest.json in the project`;

const { values } = parseArgs({
  options: {
    key: { type: 'string' },
    measure: { type: 'string' },
    online: { type: 'boolean', default: false },
    line: { type: 'string', default: 'main' },
    'no-build': { type: 'boolean', default: false },
    reports: { type: 'string' },
    root: { type: 'string' },
    output: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const root = resolve(values.root ?? join(import.meta.dirname, '..'));
const reports = resolve(values.reports ?? join(root, 'reports'));
const output = resolve(values.output ?? join(root, 'release-manifest.json'));
const say = (line: string): void => console.error(`manifest: ${line}`);

if (values.help) console.log(usage);
else await make();

async function make(): Promise<void> {
  const { privateKey, signedBy } = readKey();
  const commit = git(root, 'rev-parse', 'HEAD').trim();
  if (!values['no-build']) build();
  const [dist, src] = [await readInstalledFiles(root, 'dist'), await readInstalledFiles(root, 'src')];
  const capabilities = dist.digest === null ? src.capabilities : dist.capabilities;
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const manifest = {
    format: 'posthorn-release-manifest-1',
    version,
    commit,
    madeAt: new Date().toISOString(),
    signedBy,
    build: { dist: dist.digest, src: src.digest, catalogue: src.catalogue, capabilities },
    parts: await measureParts(commit, capabilities, src.catalogue),
  } as const;
  mkdirSync(join(output, '..'), { recursive: true });
  writeFileSync(output, signManifest(manifest, privateKey));
  for (const [name, part] of Object.entries(manifest.parts)) {
    if (part.status === 'not-measured') say(`not measured: ${name}: ${part.because}`);
  }
  say(
    `${output} is about ${commit.slice(0, 12)}, signed by ${signedBy === 'pipeline' ? 'the key given' : 'a key made for it'}`,
  );
}

async function measureParts(commit: string, capabilities: readonly string[], catalogue: string): Promise<ReleaseParts> {
  const nowIso = new Date().toISOString();
  const handed = <Name extends PartName>(name: Name, otherwise: string) => {
    const isPart = (value: unknown): value is ReleaseParts[Name] => Value.Check(partSchemas[name], value);
    return handedIn(reports, { name, isPart, commit, otherwise });
  };
  const dependencies = readDependencies(root, values.online);
  return {
    pipeline: readPipeline(root, reports, values.line, commit),
    changes: handed('changes', 'no record of merges was handed in'),
    flags: handed('flags', 'no list of risky changes was handed in'),
    cleanStart: handed('cleanStart', 'no run on a clean checkout was handed in'),
    dependencies,
    advisories: readAdvisories(root, values.online, nowIso),
    bench: readBench(root),
    breakingPoint: handed('breakingPoint', 'no load that was raised until it broke was handed in'),
    needs: handed('needs', 'nobody measured what events cost at three rates'),
    constantTime:
      values.measure === undefined
        ? handed('constantTime', 'it takes minutes; npm run manifest -- --measure 200000 does it')
        : await measureConstantTime(root, Number(values.measure), say),
    scans: { status: 'measured', scanners: [scanCode(root), await scanSecrets(root)] },
    ...readTests(capabilities, dependencies.status === 'measured' ? dependencies.postgres : 'none'),
    coverage: readCoverage(root, capabilities, commit),
    properties: handed('properties', 'runs of properties and mutants of rules are not counted'),
    answers: readAnswers(reports),
    imageScan: handed('imageScan', 'no image is built'),
    fuzz: handed('fuzz', 'no report of fuzzing was handed in'),
    soak: handed('soak', 'no report of staging was handed in'),
    mutations: readMutations(reports, catalogue),
    crash: readCrashReport(root),
    simulation: handed('simulation', 'no report of simulations was handed in'),
  };
}

function readTests(capabilities: readonly string[], postgres: string): Pick<ReleaseParts, 'tests' | 'suites'> {
  const path = join(reports, 'vitest.json');
  if (!existsSync(path)) {
    const because = 'the tests were not run before';
    return { tests: notMeasured(because), suites: notMeasured(because) };
  }
  const files = readTestReport(root, path);
  return {
    tests: { status: 'measured', capabilities: countByCapability(root, files, capabilities) },
    suites: { status: 'measured', postgres, sockets: true, cases: countSuites(files) },
  };
}

function build(): void {
  const { status } = spawnSync(process.execPath, [join(root, 'scripts/build.ts')], { cwd: root, stdio: 'inherit' });
  if (status === 0) return;
  say('the build failed; mend it, or say --no-build');
  process.exit(1);
}

function readKey(): { privateKey: KeyObject; signedBy: 'pipeline' | 'ephemeral' } {
  const path = values.key ?? process.env['POSTHORN_RELEASE_KEY_FILE'];
  if (path === undefined || path === '') {
    return { privateKey: generateKeyPairSync('ed25519').privateKey, signedBy: 'ephemeral' };
  }
  try {
    const privateKey = createPrivateKey(readFileSync(path));
    if (privateKey.asymmetricKeyType === 'ed25519') return { privateKey, signedBy: 'pipeline' };
    say(`${path} holds no Ed25519 key; openssl genpkey -algorithm ed25519 -out ${path} makes one`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    say(`${path} cannot be read as a private key (${code ?? 'no PEM'}); name a PEM file`);
  }
  process.exit(1);
}
