import { type CommonFlags, openTeam } from '../sources/open-team.ts';
import { renderTable } from '../sources/render-source.rules.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { DeploymentAnswer, VerificationAnswer } from './deployment-answers.ts';

export type ListFlags = CommonFlags & { release?: string; environment?: string };

const safe = (cells: readonly string[]): string[] => cells.map((cell) => safeText(cell, 'one line'));

export async function runList(flags: ListFlags, terminal: Terminal): Promise<void> {
  const data = await fetchNewest<DeploymentAnswer>('deployments', flags);
  if (flags.json === true) return terminal.out(JSON.stringify(data));
  if (data.length === 0) return terminal.err('No deployment is on record; see: posthorn deployment start --help');
  const rows = data.map(({ id, startedAt, environment, release, connection, recordedBy }) =>
    safe([id, startedAt, environment, release, connection ?? 'all', recordedBy]),
  );
  const headings = ['DEPLOYMENT', 'BEGAN', 'ENVIRONMENT', 'RELEASE', 'CONNECTION', 'BY'];
  for (const line of renderTable(headings, rows, terminal)) terminal.out(line);
}

export async function runVerifications(flags: ListFlags, terminal: Terminal): Promise<void> {
  const data = await fetchNewest<VerificationAnswer>('verifications', flags);
  if (flags.json === true) return terminal.out(JSON.stringify(data));
  if (data.length === 0) return terminal.err('No run is on record; see: posthorn verify --help');
  const rows = data.map(({ id, recordedAt, environment, release, exitCode, tookMs, lines }) => {
    const failed = lines.filter(({ state }) => state === 'FAIL').length;
    const took = `${(tookMs / 1000).toFixed(1)} s`;
    return safe([id, recordedAt, environment, release, String(exitCode), took, String(failed)]);
  });
  const headings = ['VERIFICATION', 'ENDED', 'ENVIRONMENT', 'RELEASE', 'EXIT', 'TOOK', 'FAIL'];
  for (const line of renderTable(headings, rows, terminal)) terminal.out(line);
}

async function fetchNewest<Answer>(list: string, flags: ListFlags): Promise<Answer[]> {
  const { api, path } = await openTeam(flags);
  const query = new URLSearchParams({ limit: '50' });
  if (flags.release !== undefined) query.set('release', flags.release);
  if (flags.environment !== undefined) query.set('environment', flags.environment);
  const { data } = await api.request<{ data: Answer[] }>('GET', `${path}/${list}?${query.toString()}`);
  return data;
}
