import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageBin } from './package-bin.ts';

/** Every check that CI runs, in order of cost. `--keep-going` runs the rest after a failure, as CI wants it. */
interface Step {
  name: string;
  command: () => string[];
  remedy: string;
}

interface Result {
  name: string;
  state: 'ok' | 'failed' | 'not run';
  seconds: number;
}

interface TestCounts {
  passed: number;
  failed: number;
  skipped: number;
}

const root = join(import.meta.dirname, '..');
const reports = join(root, 'reports');
const vitestReport = join(reports, 'vitest.json');

const steps: Step[] = [
  { name: 'format', command: () => [packageBin('@biomejs/biome', 'biome'), 'format'], remedy: 'npm run fix' },
  { name: 'lint', command: () => [packageBin('oxlint', 'oxlint'), '--type-aware'], remedy: 'npm run check:lint' },
  { name: 'types', command: () => [packageBin('typescript', 'tsc')], remedy: 'npm run check:types' },
  { name: 'dead code', command: () => [packageBin('knip', 'knip')], remedy: 'npm run check:dead-code' },
  { name: 'architecture', command: () => ['scripts/check-architecture.ts'], remedy: 'npm run check:architecture' },
  {
    name: 'tests',
    command: () => [
      packageBin('vitest', 'vitest'),
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${vitestReport}`,
    ],
    remedy: 'npm run test:vitest -- <file>',
  },
];

function run(args: string[]): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
    const forward = (signal: NodeJS.Signals): void => {
      child.kill(signal);
    };
    process.on('SIGINT', forward).on('SIGTERM', forward);
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      process.off('SIGINT', forward).off('SIGTERM', forward);
      if (signal === 'SIGINT' || signal === 'SIGTERM') process.exit(130);
      resolve(code === 0);
    });
  });
}

/** A file that fails to load holds no test, and yet counts as one failure. */
function countTests(): TestCounts {
  try {
    const report = JSON.parse(readFileSync(vitestReport, 'utf8')) as {
      numPassedTests: number;
      numFailedTests: number;
      numPendingTests: number;
      numTodoTests: number;
      testResults: { status: string; assertionResults: { status: string }[] }[];
    };
    const brokenFiles = report.testResults.filter(
      (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
    );
    return {
      passed: report.numPassedTests,
      failed: report.numFailedTests + brokenFiles.length,
      skipped: report.numPendingTests + report.numTodoTests,
    };
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
}

async function verify(keepGoing: boolean): Promise<Result[]> {
  const results: Result[] = [];
  for (const step of steps) {
    if (!keepGoing && results.some((result) => result.state === 'failed')) {
      results.push({ name: step.name, state: 'not run', seconds: 0 });
      continue;
    }
    console.log(`\n── ${step.name} ${'─'.repeat(60 - step.name.length)}`);
    const startedAt = performance.now();
    const ok = await run(step.command());
    results.push({ name: step.name, state: ok ? 'ok' : 'failed', seconds: (performance.now() - startedAt) / 1000 });
  }
  return results;
}

mkdirSync(reports, { recursive: true });
rmSync(vitestReport, { force: true });
const results = await verify(process.argv.includes('--keep-going'));
const tests = countTests();
const testStep = results.find((result) => result.name === 'tests');
if (testStep?.state === 'ok' && tests.passed === 0) testStep.state = 'failed';
writeFileSync(join(reports, 'verify.json'), `${JSON.stringify({ steps: results, tests }, null, 2)}\n`);

console.log(`\n── summary ${'─'.repeat(53)}`);
for (const { name, state, seconds } of results) {
  const detail =
    name === 'tests' && state !== 'not run'
      ? `  ${tests.passed} passed, ${tests.failed} failed, ${tests.skipped} skipped`
      : '';
  const remedy = state === 'failed' ? `  → ${steps.find((step) => step.name === name)?.remedy ?? ''}` : '';
  console.log(`${name.padEnd(14)} ${state.padEnd(8)} ${seconds.toFixed(1).padStart(6)} s${detail}${remedy}`);
}
process.exitCode = results.every((result) => result.state === 'ok') ? 0 : 1;
