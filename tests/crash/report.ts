import { availableParallelism } from 'node:os';
import type { InboundLedger } from './inbound-ledger.ts';
import type { Ledger } from './ledger.ts';

/** What one round brought. */
export type RoundFigures = {
  kind: string;
  /** False when the named point was not passed in time, and Posthorn was killed where it stood. */
  reached: boolean;
  /** From the start of the process, or from the kill of its database, to readiness. */
  recoveryMs: number;
  duplicates: number;
};

export type CrashReport = {
  rounds: RoundFigures[];
  seconds: number;
  posts: number;
  answers: Ledger['answers'];
  refusals: Record<string, number>;
  unanswered: number;
  inbound: InboundLedger['figures'] & { seenAgain: number };
  events: number;
  deliveries: number;
  receptions: number;
  states: Record<string, number>;
  failures: string[];
  seed: number;
};

/** One report over several; their seeds and times are the caller's to say. */
export function mergeReports(reports: readonly CrashReport[]): CrashReport {
  const total = (pick: (report: CrashReport) => number): number => sum(reports.map(pick));
  const totals = (pick: (report: CrashReport) => Record<string, number>): Record<string, number> => {
    const merged: Record<string, number> = {};
    for (const report of reports) {
      for (const [name, count] of Object.entries(pick(report))) merged[name] = (merged[name] ?? 0) + count;
    }
    return merged;
  };
  return {
    rounds: reports.flatMap((report) => report.rounds),
    seconds: total((report) => report.seconds),
    posts: total((report) => report.posts),
    answers: {
      single: total((report) => report.answers.single),
      batch: total((report) => report.answers.batch),
      duplicate: total((report) => report.answers.duplicate),
    },
    refusals: totals((report) => report.refusals),
    unanswered: total((report) => report.unanswered),
    inbound: {
      requests: total(({ inbound }) => inbound.requests),
      first: total(({ inbound }) => inbound.first),
      repeated: total(({ inbound }) => inbound.repeated),
      unanswered: total(({ inbound }) => inbound.unanswered),
      inSpoolAtKills: total(({ inbound }) => inbound.inSpoolAtKills),
      seenAgain: total(({ inbound }) => inbound.seenAgain),
      longestMs: Math.max(...reports.map(({ inbound }) => inbound.longestMs)),
    },
    events: total((report) => report.events),
    deliveries: total((report) => report.deliveries),
    receptions: total((report) => report.receptions),
    states: totals((report) => report.states),
    failures: reports.flatMap((report) => report.failures),
    seed: reports[0]?.seed ?? 0,
  };
}

/** The report as a Markdown table for people, per kind of kill and over all. */
export function renderReport(report: CrashReport): string {
  const recoveries = report.rounds.map(({ recoveryMs }) => recoveryMs);
  const { answers, inbound } = report;
  const total = answers.single + answers.batch + answers.duplicate;
  const head = [
    `| | |`,
    `|---|---:|`,
    `| rounds | ${report.rounds.length} |`,
    `| kinds of kill | ${new Set(report.rounds.map(({ kind }) => kind)).size} |`,
    `| posts | ${number(report.posts)} |`,
    `| events answered 202 | ${number(total)} (${number(answers.single)} single, ${number(answers.batch)} in batches, ${number(answers.duplicate)} duplicates of a key) |`,
    `| posts refused with 503 | ${listed(report.refusals)} |`,
    `| posts that got no answer | ${number(report.unanswered)} |`,
    `| events acknowledged | ${number(report.events)} |`,
    `| their deliveries | ${number(report.deliveries)} |`,
    `| requests of providers | ${number(inbound.requests)} |`,
    `| of these answered 2xx | ${number(inbound.first)} for the first time, ${number(inbound.repeated)} again |`,
    `| of these without an answer | ${number(inbound.unanswered)} |`,
    `| in the spool at the kills | ${number(inbound.inSpoolAtKills)} |`,
    `| duplicates counted as seen again | ${number(inbound.seenAgain)} |`,
    `| longest that a provider waited for an answer | ${seconds(inbound.longestMs)} |`,
    `| deliveries at the end, operational events included | ${listed(report.states)} |`,
    `| requests received | ${number(report.receptions)} |`,
    `| of these, received again after a 2xx | ${number(sum(report.rounds.map(({ duplicates }) => duplicates)))} |`,
    `| recovery, median / longest | ${seconds(median(recoveries))} / ${seconds(Math.max(...recoveries))} |`,
    `| failures | ${report.failures.length} |`,
    `| seed | ${report.seed} |`,
    `| machine | ${availableParallelism()} cores, load and receiver included |`,
    `| time | ${Math.round(report.seconds)} s |`,
  ];
  const kinds = [...Map.groupBy(report.rounds, ({ kind }) => kind)].sort(([one], [other]) => one.localeCompare(other));
  const table = [
    '| killed at | rounds | point reached | received again | recovery, median | longest |',
    '|---|---:|---:|---:|---:|---:|',
    ...kinds.map(([kind, rounds]) => {
      const times = rounds.map(({ recoveryMs }) => recoveryMs);
      const reached = rounds.filter((round) => round.reached).length;
      const duplicates = sum(rounds.map((round) => round.duplicates));
      return `| ${kind} | ${rounds.length} | ${reached} | ${duplicates} | ${seconds(median(times))} | ${seconds(Math.max(...times))} |`;
    }),
  ];
  return [...head, '', ...table].join('\n');
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function listed(counts: Record<string, number>): string {
  const entries = Object.entries(counts).map(([name, count]) => `${number(count)} ${name}`);
  return entries.length === 0 ? '0' : entries.join(', ');
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
