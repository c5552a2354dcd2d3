import { type CommonFlags, openTeam } from '../sources/open-team.ts';
import { renderFields, renderTable } from '../sources/render-source.rules.ts';
import { readableTime } from '../terminal/readable.rules.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { DrillAnswer, RunDetailAnswer } from './drill-answers.ts';
import { renderStep } from './render-drill.rules.ts';

/** What can be drilled, and how it went last. */
export async function runList(flags: CommonFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openTeam(flags);
  const { data } = await api.request<{ data: DrillAnswer[] }>('GET', `${path}/drills`);
  if (flags.json === true) return terminal.out(JSON.stringify(data));
  if (data.length === 0) return terminal.err('There is no drill in this release.');
  const headings = ['CHECK', 'FOR', 'TOUCHES', 'STATE', 'LAST RUN'];
  for (const line of renderTable(headings, data.flatMap(rowsOf), terminal)) terminal.out(line);
}

/** A run with its transcript. */
export async function runShow(runId: string, flags: CommonFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openTeam(flags);
  const run = await api.request<RunDetailAnswer>('GET', `${path}/drills/runs/${encodeURIComponent(runId)}`);
  if (flags.json === true) return terminal.out(JSON.stringify(run));
  const { finding } = run;
  const fields: [string, string][] = [
    ['run', run.id],
    ['check', run.check],
    ['subject', run.subject.id],
    ['state', run.rehearsal ? `${run.state} (a rehearsal: no evidence)` : run.state],
    ['found', finding === null ? 'nothing' : `${finding.state}: ${safeText(finding.seen, 'one line')}`],
    ['evidence', run.evidenceId ?? 'none'],
    ['transcript', run.transcriptHash ?? 'not over yet'],
  ];
  for (const line of renderFields(fields, terminal)) terminal.out(line);
  terminal.out('');
  const startedAtMs = Date.parse(run.startedAt ?? run.createdAt);
  for (const step of run.transcript) for (const line of renderStep(step, startedAtMs, terminal)) terminal.out(line);
}

/** Stops a run. */
export async function runStop(runId: string, flags: CommonFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openTeam(flags);
  const run = await api.request<RunDetailAnswer>('POST', `${path}/drills/runs/${encodeURIComponent(runId)}/stop`);
  terminal.out(flags.json === true ? JSON.stringify(run) : `stopping  ${run.id}, ${run.check}`);
}

function rowsOf({ check, touches, irrevocable, refused, subjects, about }: DrillAnswer): string[][] {
  const how = irrevocable === null ? '' : ' (with --confirm)';
  const touching = refused ? `${touches} (refused here)` : touches + how;
  if (subjects.length === 0) return [[check, `no ${about}`, touching, '-', '-']];
  return subjects.map(({ kind, id, state, lastRun }) => {
    const last = lastRun === null ? 'never' : `${lastRun.state} ${readableTime(Date.parse(lastRun.createdAt))}`;
    return [check, kind === id ? kind : id, touching, state, last];
  });
}
