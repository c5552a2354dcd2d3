import { writeFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import type { ApiClient } from './api/api-client.ts';
import { CliFailure } from './failure.ts';
import { type CommonFlags, openTeam } from './sources/open-team.ts';
import type { Terminal } from './terminal/terminal.ts';
import { gatherProviders } from './verify/gather-providers.ts';
import { junitOf } from './verify/junit.rules.ts';
import { providerChecks } from './verify/provider-lines.rules.ts';
import { recordRun } from './verify/record-run.ts';
import { renderCheck, renderProviderCheck, renderSum } from './verify/render-verify.rules.ts';
import { inOrder, isVerified, mustStop } from './verify/verdict.rules.ts';
import type { VerifiedCheck } from './verify/verified-check.ts';

export type VerifyFlags = CommonFlags & {
  junit?: string;
  all?: true;
  record?: true;
  release?: string;
  environment: string;
  connection?: readonly string[];
};

/**
 * Has everything measured that Posthorn decides by itself, and puts the run on record where that is asked for. The exit code
 * is 1 when a blocker failed, and with `record` also when a line of a connection did.
 * @throws CliFailure when the run cannot be put on record, after all is printed
 */
export async function runVerify(flags: VerifyFlags, terminal: Terminal): Promise<0 | 1> {
  const startedAtMs = performance.now();
  const release = releaseToRecord(flags);
  const team = await openTeam(flags);
  const { data } = await team.api.request<{ data: VerifiedCheck[] }>('POST', `${team.path}/readiness/run`);
  const lines = release === null ? [] : await linesOf(team, data, flags);
  const checks = inOrder(flags.all === true ? data : data.filter(isVerified));
  const waiting = new Set(data.filter(({ runAgain }) => runAgain === null).map(({ check }) => check)).size;
  const printed = [...lines, ...checks];
  const exitCode = mustStop(printed) ? 1 : 0;
  const tookMs = Math.round(performance.now() - startedAtMs);
  const isJson = flags.json === true;
  if (flags.junit !== undefined) await writeReport(flags.junit, junitOf(printed));
  if (!isJson) {
    for (const line of lines) for (const text of renderProviderCheck(line, terminal)) terminal.out(text);
    for (const check of checks) for (const text of renderCheck(check, terminal)) terminal.out(text);
    terminal.out('');
    terminal.out(renderSum(printed, flags.all === true ? 0 : waiting));
  }
  const answer = { ok: exitCode === 0, checks: printed };
  if (release === null) {
    if (isJson) terminal.out(JSON.stringify(answer, null, 2));
    return exitCode;
  }
  let verification: string | null = null;
  try {
    const run = { release, environment: flags.environment, exitCode, tookMs, checks: printed } as const;
    verification = await recordRun(team, run);
  } finally {
    if (isJson) terminal.out(JSON.stringify({ ...answer, verification }, null, 2));
  }
  if (!isJson) terminal.out(`On record for ${release}: ${verification}, ${(tookMs / 1000).toFixed(1)} s.`);
  return exitCode;
}

function releaseToRecord({ record, release, connection }: VerifyFlags): string | null {
  if (record === true && release === undefined) {
    throw new CliFailure('--record does not know of which release', 'name it: --release <release>', 2);
  }
  if (record !== true && (release !== undefined || connection !== undefined)) {
    throw new CliFailure('--release and --connection are for what goes on record', 'add --record', 2);
  }
  return release ?? null;
}

async function linesOf(
  team: { api: ApiClient; path: string },
  measured: readonly VerifiedCheck[],
  { environment, connection }: VerifyFlags,
): Promise<VerifiedCheck[]> {
  const ofProviders = environment === 'production' ? 'production' : 'sandbox';
  const facts = await gatherProviders(team, measured, { environment: ofProviders, only: connection ?? null });
  return facts.flatMap(providerChecks);
}

async function writeReport(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'it failed';
    throw new CliFailure(`${path} cannot be written (${code})`, 'name a file in a folder that you may write to');
  }
}
