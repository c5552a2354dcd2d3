import { type CommonFlags, openTeam } from '../sources/open-team.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { DeploymentAnswer } from './deployment-answers.ts';

export type StartFlags = CommonFlags & { release: string; environment: string; connection?: string; at?: string };

/** Puts on record that a release begins to be deployed. */
export async function runStart(flags: StartFlags, terminal: Terminal): Promise<void> {
  const { release, environment, connection, at } = flags;
  const { api, path } = await openTeam(flags);
  const deployment = await api.request<DeploymentAnswer>('POST', `${path}/deployments`, {
    release,
    environment,
    ...(connection === undefined ? {} : { connection }),
    ...(at === undefined ? {} : { startedAt: at }),
  });
  if (flags.json === true) return terminal.out(JSON.stringify(deployment));
  const { id, startedAt } = deployment;
  terminal.out(safeText(`on record  ${id}: ${release} to ${environment} at ${startedAt}`, 'one line'));
}
