import { CliFailure } from '../failure.ts';
import { type CommonFlags, openTeam } from '../sources/open-team.ts';
import { renderTable } from '../sources/render-source.rules.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';

export type ScheduleFlags = CommonFlags & { subject?: string; every: number };
export type RemoveFlags = CommonFlags & { subject?: string };

type Schedule = { check: string; subject: string | null; everyHours: number | null; nextAt: string | null };

/** What runs by itself, and when next. */
export async function runList(flags: CommonFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openTeam(flags);
  const { data } = await api.request<{ data: Schedule[] }>('GET', `${path}/drills/schedules`);
  if (flags.json === true) return terminal.out(JSON.stringify(data));
  if (data.length === 0) return terminal.err('No drill is scheduled; see: posthorn drill schedules set --help');
  const rows = data.map(({ check, subject, everyHours, nextAt }) =>
    [check, subject ?? 'all', `${everyHours} h`, nextAt?.replace(/:\d\d\.\d+Z$/, 'Z') ?? ''].map((cell) =>
      safeText(cell, 'one line'),
    ),
  );
  for (const line of renderTable(['CHECK', 'FOR', 'EVERY', 'NEXT'], rows, terminal)) terminal.out(line);
}

/** Has a drill run by itself, for all of its subjects unless one is named. */
export async function runSet(check: string, flags: ScheduleFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openTeam(flags);
  const body = { check, everyHours: flags.every, ...subjectOf(flags) };
  const set = await api.request<Schedule>('PUT', `${path}/drills/schedules`, body);
  if (flags.json === true) return terminal.out(JSON.stringify(set));
  const about = set.subject === null ? '' : ` for ${set.subject}`;
  terminal.out(safeText(`scheduled  ${set.check}${about} every ${set.everyHours} h, first ${set.nextAt}`, 'one line'));
}

/** Ends a schedule. @throws CliFailure when there is none: it would look as if one had been ended */
export async function runRemove(check: string, flags: RemoveFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openTeam(flags);
  const { data } = await api.request<{ data: Schedule[] }>('GET', `${path}/drills/schedules`);
  const isScheduled = data.some((each) => each.check === check && each.subject === (flags.subject ?? null));
  const about = flags.subject === undefined ? '' : ` for ${flags.subject}`;
  if (!isScheduled) {
    const remedy = 'see posthorn drill schedules list; one for a single subject is named with --subject';
    throw new CliFailure(`${check} is not scheduled${about}`, remedy);
  }
  const body = { check, everyHours: null, ...subjectOf(flags) };
  const ended = await api.request<Schedule>('PUT', `${path}/drills/schedules`, body);
  if (flags.json === true) return terminal.out(JSON.stringify(ended));
  terminal.out(safeText(`removed  the schedule of ${check}${about}`, 'one line'));
}

function subjectOf({ subject }: RemoveFlags): { subject?: string } {
  return subject === undefined ? {} : { subject };
}
