import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { withTeamApi } from './api-options.ts';
import type { RunFlags } from './drill/run-drills.ts';
import type { RemoveFlags, ScheduleFlags } from './drill/schedules.ts';
import type { CommonFlags } from './sources/open-team.ts';
import type { Terminal } from './terminal/terminal.ts';

/** The verbs under `posthorn drill`. Their code is only loaded when one runs. */
export function addDrillVerbs(drill: Command, terminal: Terminal): Command {
  drill.helpCommand('help [verb]', 'show the help of a verb').usage('<verb> [options]');
  withTeamApi(
    drill
      .command('list')
      .description('List drills and how they went last; with a check, all about its drill.')
      .argument('[check]', 'the check that it decides'),
  ).action(async (check: string | undefined, flags: CommonFlags) => {
    const { runList } = await import('./drill/show-drills.ts');
    await runList(check, flags, terminal);
  });
  withTeamApi(
    drill
      .command('run')
      .description('Run a drill for all that it is about, and wait for its end; exit 1 if one failed.')
      .argument('[check]', 'the check that it decides')
      .option('--all-safe', 'every drill that acts on nothing of yours and is safe in production')
      .option('--subject <id>', 'for this source, endpoint or connection alone')
      .option('--pace <share>', 'a rehearsal: waits take this share of their time; in development only', share)
      .option('--confirm', 'what it does for good, such as sending an invoice, or load in production is wanted')
      .option('-w, --watch', 'show how far it is: a bar on a terminal, lines elsewhere')
      .option('--junit <file>', 'write JUnit XML there as well'),
  ).action(async (check: string | undefined, flags: RunFlags) => {
    const { runDrills } = await import('./drill/run-drills.ts');
    process.exitCode = await runDrills(check, flags, terminal);
  });
  withTeamApi(
    drill
      .command('show')
      .description('Show a run: what it found, and its transcript.')
      .argument('<run>', 'id of the run'),
  ).action(async (runId: string, flags: CommonFlags) => {
    const { runShow } = await import('./drill/show-drills.ts');
    await runShow(runId, flags, terminal);
  });
  withTeamApi(drill.command('stop').description('Stop a run.').argument('<run>', 'id of the run')).action(
    async (runId: string, flags: CommonFlags) => {
      const { runStop } = await import('./drill/show-drills.ts');
      await runStop(runId, flags, terminal);
    },
  );
  addScheduleVerbs(drill, terminal);
  return drill;
}

function addScheduleVerbs(drill: Command, terminal: Terminal): void {
  const schedules = drill
    .command('schedules')
    .description('See and set which drills run by themselves.')
    .helpCommand('help [verb]', 'show the help of a verb');
  const subject = (command: Command): Command =>
    command.option('--subject <id>', 'for this source, endpoint or connection alone; otherwise for all');
  withTeamApi(schedules.command('list').description('List what runs by itself, and when next.')).action(
    async (flags: CommonFlags) => {
      const { runList } = await import('./drill/schedules.ts');
      await runList(flags, terminal);
    },
  );
  withTeamApi(
    subject(
      schedules
        .command('set')
        .description('Have a drill run by itself, first one interval from now.')
        .argument('<check>', 'the check that it decides')
        .requiredOption('--every <time>', 'how often: 24h or 7d, 366d at most', hours),
    ),
  ).action(async (check: string, flags: ScheduleFlags) => {
    const { runSet } = await import('./drill/schedules.ts');
    await runSet(check, flags, terminal);
  });
  withTeamApi(
    subject(
      schedules
        .command('remove')
        .description('End the schedule of a drill.')
        .argument('<check>', 'the check that it decides'),
    ),
  ).action(async (check: string, flags: RemoveFlags) => {
    const { runRemove } = await import('./drill/schedules.ts');
    await runRemove(check, flags, terminal);
  });
}

/** Whole hours, from `24h`, `7d` or `24`. */
function hours(text: string): number {
  const [, count, unit] = /^(\d+)([hd]?)$/.exec(text) ?? [];
  const value = Number(count) * (unit === 'd' ? 24 : 1);
  if (value >= 1 && value <= 8_784) return value;
  throw new InvalidArgumentError(`"${text}" is no interval; give hours or days, such as 24h or 7d, up to 366d`);
}

function share(text: string): number {
  const value = Number(text);
  if (value > 0 && value <= 1) return value;
  throw new InvalidArgumentError(`"${text}" is no share; give a number above 0 and up to 1, such as 0.1`);
}
