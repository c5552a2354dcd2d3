import { writeFile } from 'node:fs/promises';
import { environmentWith, readClientSettings } from '../config.ts';
import { createApiClient } from './api/api-client.ts';
import { findKey } from './api/client-key.ts';
import { findTeam } from './api/find-team.ts';
import { CliFailure } from './failure.ts';
import type { Terminal } from './terminal/terminal.ts';
import { junitOf } from './verify/junit.rules.ts';
import { renderCheck, renderSum } from './verify/render-verify.rules.ts';
import { inOrder, isVerified, mustStop } from './verify/verdict.rules.ts';
import type { VerifiedCheck } from './verify/verified-check.ts';

export type VerifyFlags = { team?: string; key?: string; url?: string; json?: true; junit?: string; all?: true };

/** Has everything measured that Posthorn decides by itself. The exit code is 1 when a blocker failed. */
export async function runVerify(flags: VerifyFlags, terminal: Terminal): Promise<0 | 1> {
  const settings = readClientSettings(environmentWith({ POSTHORN_URL: flags.url }));
  const api = createApiClient({ url: settings.url, key: await findKey(flags.key, settings) });
  const team = await findTeam(api, flags.team ?? settings.team);
  const { data } = await api.request<{ data: VerifiedCheck[] }>('POST', `/v1/teams/${team}/readiness/run`);
  const checks = inOrder(flags.all === true ? data : data.filter(isVerified));
  const waiting = new Set(data.filter(({ runAgain }) => runAgain === null).map(({ check }) => check)).size;
  if (flags.junit !== undefined) await writeReport(flags.junit, junitOf(checks));
  if (flags.json === true) terminal.out(JSON.stringify({ ok: !mustStop(checks), checks }, null, 2));
  else {
    for (const check of checks) for (const line of renderCheck(check, terminal)) terminal.out(line);
    terminal.out('');
    terminal.out(renderSum(checks, flags.all === true ? 0 : waiting));
  }
  return mustStop(checks) ? 1 : 0;
}

async function writeReport(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'it failed';
    throw new CliFailure(`${path} cannot be written (${code})`, 'name a file in a folder that you may write to');
  }
}
