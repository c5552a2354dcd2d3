import { writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { type ApiClient, ApiProblem } from '../api/api-client.ts';
import { CliFailure } from '../failure.ts';
import { type CommonFlags, openTeam } from '../sources/open-team.ts';
import { counted } from '../terminal/readable.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { junitOf } from '../verify/junit.rules.ts';
import { renderCheck } from '../verify/render-verify.rules.ts';
import { verdictOf } from '../verify/verdict.rules.ts';
import type { VerifiedCheck } from '../verify/verified-check.ts';
import { chooseDrills } from './choose-drills.rules.ts';
import { type DrillAnswer, isOver, type RunAnswer, type RunDetailAnswer } from './drill-answers.ts';
import { type Refusal, refusedBy, renderRefused, verifiedBy } from './render-drill.rules.ts';
import { openWatch, type Watch } from './watch-run.ts';

export type RunFlags = CommonFlags & {
  allSafe?: true;
  subject?: string;
  pace?: number;
  confirm?: true;
  watch?: true;
  junit?: string;
};

const askEveryMs = 500;

/** Runs drills one after another and waits for their ends. The exit code is 1 when one of them failed or was refused. */
export async function runDrills(check: string | undefined, flags: RunFlags, terminal: Terminal): Promise<0 | 1> {
  const { api, path } = await openTeam(flags);
  const { data: drills } = await api.request<{ data: DrillAnswer[] }>('GET', `${path}/drills`);
  const chosen = choose(drills, check, flags);
  const watch = openWatch(flags.watch === true, terminal, process.stderr);
  const verified: VerifiedCheck[] = [];
  const refused: { refusal: Refusal; drill: DrillAnswer }[] = [];
  for (const drill of chosen) {
    const runs = await start(api, path, drill, flags);
    if ('refusal' in runs) {
      refused.push({ refusal: runs.refusal, drill });
      continue;
    }
    for (const run of runs.started) {
      const found = verifiedBy(await follow(api, path, run, watch), drill);
      verified.push(found);
      if (flags.json !== true) for (const line of renderCheck(found, terminal)) terminal.out(line);
    }
  }
  const refusals = refused.map(({ refusal }) => refusal);
  if (flags.junit !== undefined) {
    const notRun = refused.map(({ refusal, drill }) => refusedBy(refusal, drill));
    await writeReport(flags.junit, junitOf([...verified, ...notRun]));
  }
  const count = (verdict: string): number => verified.filter((each) => verdictOf(each) === verdict).length;
  const ok = count('FAIL') === 0 && refused.length === 0;
  if (flags.json === true) terminal.out(JSON.stringify({ ok, runs: verified, refused: refusals }, null, 2));
  else {
    for (const line of renderRefused(refusals, terminal)) terminal.out(line);
    const sum = `${count('OK')} OK, ${count('FAIL')} FAIL, ${count('SKIP')} SKIP`;
    const more = refused.length === 0 ? '' : `, ${counted(refused.length, 'drill')} refused`;
    terminal.out(`\n${counted(verified.length, 'run')}: ${sum}${more}.`);
  }
  return ok ? 0 : 1;
}

function choose(drills: readonly DrillAnswer[], check: string | undefined, flags: RunFlags): DrillAnswer[] {
  const choice = chooseDrills(drills, { check, allSafe: flags.allSafe === true, subject: flags.subject });
  if ('drills' in choice) return choice.drills;
  throw new CliFailure(choice.what, choice.remedy, choice.exitCode);
}

/** One that is refused keeps none of the others from being run, if there are others. */
async function start(
  api: ApiClient,
  path: string,
  { check, subjects }: DrillAnswer,
  { subject, pace, confirm, allSafe }: RunFlags,
): Promise<{ started: RunAnswer[] } | { refusal: Refusal }> {
  // With --all-safe a subject leaves out the drills that are about something else.
  if (subject !== undefined && !subjects.some(({ id }) => id === subject)) return { started: [] };
  const body = {
    check,
    ...(subject === undefined ? {} : { subject }),
    ...(pace === undefined ? {} : { pace }),
    ...(confirm === undefined ? {} : { confirm }),
  };
  try {
    return { started: (await api.request<{ data: RunAnswer[] }>('POST', `${path}/drills/runs`, body)).data };
  } catch (error) {
    if (allSafe !== true || !(error instanceof ApiProblem) || !isOfOne(error)) throw error;
    return { refusal: { check, code: error.code, why: error.what } };
  }
}

/** Something about this drill: it is running already, its subject is gone. A wrong key is something about all. */
function isOfOne({ status }: ApiProblem): boolean {
  return status === 404 || status === 409 || status === 422;
}

async function follow(api: ApiClient, path: string, { id }: RunAnswer, watch: Watch): Promise<RunAnswer> {
  for (;;) {
    const run = await api.request<RunDetailAnswer>('GET', `${path}/drills/runs/${id}`);
    watch.show(run);
    if (isOver(run)) {
      watch.end();
      return run;
    }
    await delay(askEveryMs);
  }
}

async function writeReport(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'it failed';
    throw new CliFailure(`${path} cannot be written (${code})`, 'name a file in a folder that you may write to');
  }
}
