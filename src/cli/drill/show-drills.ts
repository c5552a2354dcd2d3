import { CliFailure } from '../failure.ts';
import { type CommonFlags, openTeam } from '../sources/open-team.ts';
import { renderFields } from '../sources/render-source.rules.ts';
import { counted } from '../terminal/readable.rules.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { DrillAnswer, RunDetailAnswer } from './drill-answers.ts';
import { renderStep } from './render-drill.rules.ts';
import { renderDrill, renderDrills } from './render-list.rules.ts';

/** What can be drilled and how it went last, a line each; with a check everything about its drill. */
export async function runList(check: string | undefined, flags: CommonFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openTeam(flags);
  const { data } = await api.request<{ data: DrillAnswer[] }>('GET', `${path}/drills`);
  if (check !== undefined) {
    const drill = data.find((each) => each.check === check);
    if (drill === undefined) throw new CliFailure(`there is no drill for ${check}`, 'see posthorn drill list');
    if (flags.json === true) return terminal.out(JSON.stringify(drill));
    for (const line of renderDrill(drill, terminal)) terminal.out(line);
    return;
  }
  if (flags.json === true) return terminal.out(JSON.stringify(data));
  if (data.length === 0) return terminal.err('There is no drill in this release.');
  const lines = renderDrills(data, terminal);
  for (const line of lines) terminal.out(line);
  if (!lines[0]?.includes('TOUCHES')) terminal.err('* acts on a source, an endpoint or a connection of your own.');
  terminal.err(`${counted(data.length, 'drill')}. More about one: posthorn drill list <check>`);
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
