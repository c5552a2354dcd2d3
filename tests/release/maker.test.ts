import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Value } from 'typebox/value';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { handedIn } from '../../scripts/manifest/handed-in.ts';
import { suiteCases } from '../../scripts/manifest/suites.ts';
import { judgeManifest } from '../../src/release/judge-manifest.ts';
import { readRelease } from '../../src/release/read-release.ts';
import { partSchemas, type ReleaseManifest, type ReleaseParts } from '../../src/release/manifest-schema.ts';
import { projectRoot, runCommand } from '../tooling/plant.ts';

/** A clone of this repository with a small build and the reports of a small run of tests. */
let clone = '';
let head = '';
let made: { code: number | null; output: string };
const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const keyFile = (): string => join(clone, '..', 'key.pem');
const manifestPath = (): string => join(clone, 'release-manifest.json');
const report = (path: string, value: unknown): void => {
  mkdirSync(join(clone, 'reports', path, '..'), { recursive: true });
  writeFileSync(join(clone, 'reports', path), JSON.stringify(value));
};

const make = (...args: string[]) =>
  runCommand(
    process.execPath,
    [join(projectRoot, 'scripts/release-manifest.ts'), '--root', clone, '--no-build', ...args],
    {
      cwd: clone,
      env: { PATH: process.env['PATH'] },
      timeoutMs: 60_000,
    },
  );

function believed(key: KeyObject = publicKey): ReleaseManifest {
  const verdict = judgeManifest(readFileSync(manifestPath(), 'utf8'), key);
  if (!verdict.ok) throw new Error(verdict.fault.what);
  return verdict.manifest;
}

beforeAll(async () => {
  clone = join(mkdtempSync(join(tmpdir(), 'posthorn-maker-')), 'clone');
  const env = { PATH: process.env['PATH'] };
  const git = (cwd: string, ...args: string[]) => runCommand('git', args, { cwd, env, timeoutMs: 60_000 });
  await git(tmpdir(), 'clone', '--quiet', '--depth', '1', `file://${projectRoot}`, clone);
  head = (await git(clone, 'rev-parse', 'HEAD')).output.trim();
  await git(clone, 'branch', '--force', 'line', 'HEAD');
  symlinkSync(join(projectRoot, 'node_modules'), join(clone, 'node_modules'), 'junction');
  for (const name of ['delivery', 'sources', 'egress']) {
    mkdirSync(join(clone, 'dist', name), { recursive: true });
    writeFileSync(join(clone, 'dist', name, 'file.js'), 'export {};\n');
  }
  writeFileSync(keyFile(), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const tests = (...statuses: string[]) =>
    statuses.map((status, index) => ({ status, title: `does ${index}`, fullName: `it does ${index}` }));
  const skipped = { status: 'skipped', title: 'mounts (needs to mount)', fullName: 'it mounts (needs to mount)' };
  report('vitest.json', {
    testResults: [
      {
        name: join(clone, 'src/delivery/lane.test.ts'),
        status: 'passed',
        assertionResults: [...tests('passed', 'passed'), skipped],
      },
      { name: join(clone, 'src/sources/sources.test.ts'), status: 'failed', assertionResults: [] },
      {
        name: join(clone, 'src/egress/name-lookup.test.ts'),
        status: 'passed',
        assertionResults: [{ status: 'passed', title: 'fails as dns', fullName: 'looking names up fails as dns when' }],
      },
    ],
  });
  const steps = ['format', 'tests'].map((name) => ({ name, state: 'ok', seconds: 1 }));
  report('verify.json', { steps, tests: { passed: 3, failed: 1, skipped: 1 } });
  report('mutations/checks.json', [
    { check: 'a.check', planted: 'its defect', before: 'passed', broken: 'failed', mended: 'passed' },
  ]);
  mkdirSync(join(clone, 'reports', 'answers'), { recursive: true });
  const line = JSON.stringify({ method: 'GET', path: '/v1/teams', status: 401, stranger: false });
  for (const worker of ['1', '2']) writeFileSync(join(clone, 'reports', 'answers', `${worker}.jsonl`), `${line}\n`);
  made = await make('--key', keyFile(), '--line', 'line');
}, 240_000);
afterAll(() => rmSync(join(clone, '..'), { recursive: true, force: true }));

describe('the maker', () => {
  test('tells of this commit what its reports have, signed with the key that it is given', () => {
    expect(made).toMatchObject({ code: 0 });
    const { commit, signedBy, build, parts } = believed();
    expect({ commit, signedBy }).toEqual({ commit: head, signedBy: 'pipeline' });
    expect(build.capabilities).toEqual(['delivery', 'egress', 'sources']);
    expect(parts.pipeline).toMatchObject({ line: 'line', isOnLine: true, treeIsClean: true, jobs: { length: 2 } });
    expect(parts.tests).toEqual({
      status: 'measured',
      capabilities: [
        {
          capability: 'delivery',
          passed: 2,
          failed: 0,
          skipped: [{ test: 'it mounts (needs to mount)', reason: 'needs to mount' }],
        },
        { capability: 'egress', passed: 1, failed: 0, skipped: [] },
        { capability: 'sources', passed: 0, failed: 1, skipped: [] },
      ],
    });
    expect(parts.suites).toMatchObject({
      cases: [{ suite: 'errors', case: 'dns', passed: 1, failed: 0, skipped: 0 }],
    });
    expect(parts.answers).toMatchObject({ answered: [{ path: '/v1/teams', status: 401 }] });
    expect(parts.mutations).toMatchObject({ catalogueDigest: build.catalogue, proofs: [{ check: 'a.check' }] });
    expect(parts.crash).toMatchObject({ rounds: 1000, failures: 0 });
    expect(parts.scans).toMatchObject({ scanners: [{ foundPlanted: true }, { foundPlanted: true }] });
    const bill = parts.dependencies.status === 'measured' ? parts.dependencies.materials : [];
    expect(bill.find(({ name }) => name === 'pg')).toMatchObject({ development: false });
  });

  test('invents nothing: what was not measured says why', () => {
    const { parts } = believed();
    const { soak, coverage, advisories, constantTime, imageScan } = parts;
    for (const part of [soak, coverage, advisories, constantTime, imageScan]) {
      expect(part).toEqual({ status: 'not-measured', because: expect.stringMatching(/^[a-z].{10,}/) as string });
    }
  });

  test('its manifest verifies where it was made, and not after a file was changed', async () => {
    const installation = { folder: clone, code: 'dist' } as const;
    const read = () => readRelease({ installation, manifestPath: null, publicKey, decides: [] });
    expect(await read()).toMatchObject({ verified: true });
    writeFileSync(join(clone, 'dist', 'late.js'), '');
    expect(await read()).toMatchObject({ verified: false, fault: { kind: 'wrong' } });
    rmSync(join(clone, 'dist', 'late.js'));
  });

  test('without a key it makes one, and says that nobody has it', async () => {
    const other = join(clone, '..', 'other.json');
    const { output } = await make('--output', other);
    expect(output).toContain('signed by a key made for it');
    const verdict = judgeManifest(readFileSync(other, 'utf8'), publicKey);
    expect(verdict).toMatchObject({ ok: false, fault: { kind: 'ephemeral' } });
  });

  test('takes what another job measured of this commit, and of no other', () => {
    const isPart = (value: unknown): value is ReleaseParts['soak'] => Value.Check(partSchemas.soak, value);
    const take = () =>
      handedIn(join(clone, 'reports'), { name: 'soak', isPart, commit: head, otherwise: 'nobody handed it in' });
    const soak = { hours: 24, deliveries: 9, calls: 0, failedPercent: 0, failedPercentBefore: 0, unhandledErrors: 0 };
    expect(take()).toEqual({ status: 'not-measured', because: 'nobody handed it in' });
    report('manifest/soak.json', { commit: head, ...soak, restarts: 0 });
    expect(take()).toEqual({ status: 'measured', ...soak, restarts: 0 });
    report('manifest/soak.json', { commit: 'ab'.repeat(20), ...soak, restarts: 0 });
    expect(take()).toMatchObject({ status: 'not-measured' });
    report('manifest/soak.json', { commit: head, ...soak });
    expect(take).toThrow('soak.json is not as the manifest has it');
  });

  test('refuses a key of another kind, and says how to make one', async () => {
    const { privateKey: other } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileSync(join(clone, '..', 'ec.pem'), other.export({ type: 'pkcs8', format: 'pem' }));
    const { code, output } = await make('--key', join(clone, '..', 'ec.pem'));
    expect(code).toBe(1);
    expect(output).toContain('openssl genpkey -algorithm ed25519');
  });
});

test.each(suiteCases.map((each) => [`${each.suite}, ${each.case}`, each] as const))(
  'the test that stands for %s is there',
  (_name, { file, has }) => {
    // Titles are made of pieces where a file runs contracts, or a table.
    const contracts = file.startsWith('tests/stores/')
      ? globSync('tests/stores/*.contract.ts', { cwd: projectRoot })
      : [];
    const text = [file, ...contracts].map((path) => readFileSync(join(projectRoot, path), 'utf8')).join('\n');
    expect(text).toContain(has.replace(/^: (?:true|false)$/, ': %s'));
  },
);
