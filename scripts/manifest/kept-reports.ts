import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Measured, ReleaseParts } from '../../src/release/manifest-schema.ts';
import { notMeasured } from './handed-in.ts';

type Answered = Measured<'answers'>['answered'][number];
type Figure = { part: string; raw: unknown };
type Rate = { acceptedPerSecond: number; deliveredPerSecond: number };

/** The figures of docs/benchmarks.json. Of what is not among them there is no figure. */
export function readBench(root: string): ReleaseParts['bench'] {
  const path = join(root, 'docs', 'benchmarks.json');
  if (!existsSync(path)) return notMeasured('there is no docs/benchmarks.json');
  const { machine, command, commit, figures } = JSON.parse(readFileSync(path, 'utf8')) as {
    machine: string;
    command: string;
    commit?: string;
    figures: Figure[];
  };
  const raw = (part: string): unknown => figures.find((figure) => figure.part === part)?.raw;
  const sustained = raw('a') as Rate[] | undefined;
  const ratio = raw('a / b');
  return {
    status: 'measured',
    commit: commit ?? null,
    machine,
    runs: Number(/--runs (\d+)/.exec(command)?.[1] ?? 0),
    perSecond: {
      accepting: medianOf(sustained?.map((run) => run.acceptedPerSecond)),
      delivering: medianOf(sustained?.map((run) => run.deliveredPerSecond)),
      calling: null,
    },
    ofBarePipeline: {
      accepting: null,
      delivering: typeof ratio === 'number' ? Math.floor(ratio * 1000) / 1000 : null,
      recording: null,
    },
    commitsPerEvent: null,
    worseThanBeforePercent: null,
  };
}

/** The table of docs/crash-report.md. */
export function readCrashReport(root: string): ReleaseParts['crash'] {
  const path = join(root, 'docs', 'crash-report.md');
  if (!existsSync(path)) return notMeasured('there is no docs/crash-report.md');
  const text = readFileSync(path, 'utf8');
  const number = (name: string): number | null => {
    const [, digits] = new RegExp(`^\\| ${name} \\| ([\\d,]+) \\|$`, 'm').exec(text) ?? [];
    return digits === undefined ? null : Number(digits.replaceAll(',', ''));
  };
  const [rounds, failures] = [number('rounds'), number('failures')];
  if (rounds === null || failures === null) return notMeasured('docs/crash-report.md has no figures');
  return { status: 'measured', rounds, failures };
}

/** What every harness that plants defects wrote: reports/mutations/*.json. */
export function readMutations(reports: string, catalogueDigest: string): ReleaseParts['mutations'] {
  const files = globSync('mutations/*.json', { cwd: reports }).toSorted();
  if (files.length === 0) return notMeasured('no report of planted defects is there');
  type Proofs = Measured<'mutations'>['proofs'];
  const proofs = files.flatMap((file) => JSON.parse(readFileSync(join(reports, file), 'utf8')) as Proofs);
  return { status: 'measured', catalogueDigest, proofs };
}

/** What routes answered while the tests ran: reports/answers/*.jsonl. */
export function readAnswers(reports: string): ReleaseParts['answers'] {
  const files = globSync('answers/*.jsonl', { cwd: reports });
  if (files.length === 0) return notMeasured('the tests ran without noting what was answered');
  const lines = files.flatMap((file) => readFileSync(join(reports, file), 'utf8').split('\n'));
  const known = [...new Set(lines)].filter((line) => line !== '').toSorted();
  return { status: 'measured', answered: known.map((line) => JSON.parse(line) as Answered) };
}

/** Coverage as `json-summary` has it: coverage/coverage-summary.json, of a run on this commit. */
export function readCoverage(root: string, capabilities: readonly string[], commit: string): ReleaseParts['coverage'] {
  const path = join(root, 'coverage', 'coverage-summary.json');
  const of = join(root, 'coverage', 'commit');
  if (!existsSync(path)) return notMeasured('no run of the tests measured coverage');
  if (!existsSync(of) || readFileSync(of, 'utf8').trim() !== commit) {
    return notMeasured('the coverage that is there is not said to be of this commit');
  }
  type Counted = { total: number; covered: number; pct: number };
  const summary = JSON.parse(readFileSync(path, 'utf8')) as Record<string, { lines: Counted; branches: Counted }>;
  const { total } = summary;
  if (total === undefined) return notMeasured('the summary of coverage has no total');
  const ofCapability = (capability: string): number => {
    const files = Object.entries(summary).filter(([file]) => file.includes(`/src/${capability}/`));
    const lines = files.reduce((sum, [, each]) => sum + each.lines.total, 0);
    const covered = files.reduce((sum, [, each]) => sum + each.lines.covered, 0);
    return lines === 0 ? 0 : Math.floor((covered / lines) * 10_000) / 100;
  };
  return {
    status: 'measured',
    linesPercent: total.lines.pct,
    branchesPercent: total.branches.pct,
    capabilities: capabilities.map((capability) => ({ capability, linesPercent: ofCapability(capability) })),
    leftOut: [],
  };
}

function medianOf(values: readonly number[] | undefined): number | null {
  if (values === undefined || values.length === 0) return null;
  const sorted = values.toSorted((one, other) => one - other);
  return Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0);
}
