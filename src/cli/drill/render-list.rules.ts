import { renderFields, renderTable } from '../sources/render-source.rules.ts';
import { alignColumns, visibleWidth } from '../terminal/layout.rules.ts';
import type { Paint } from '../terminal/paint.rules.ts';
import { counted, readableDuration } from '../terminal/readable.rules.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import type { DrillAnswer, RunAnswer } from './drill-answers.ts';

type Look = { paint: Paint; width: number };

/** What matters most of several subjects stands for all. */
const gravest = ['failed', 'stale', 'unknown', 'waived', 'attested', 'not-applicable', 'passed'];

/**
 * A line for each drill. Columns that have no room are left out: what it touches, of which an asterisk is left where it is
 * the team's own, then the last run.
 */
export function renderDrills(drills: readonly DrillAnswer[], look: Look): string[] {
  const headings = ['CHECK', 'FOR', 'TOUCHES', 'STATE', 'LAST RUN'];
  const rows = drills.map((drill) => [
    drill.check,
    aboutOf(drill),
    touching(drill),
    stateOf(drill),
    drill.subjects.length === 0 ? '-' : lastOf(newestOf(drill)),
  ]);
  const marked = rows.map(([check = '', about = '', touches = '', ...rest]) => [
    check,
    touches.startsWith('integration') ? `${about}*` : about,
    ...rest,
  ]);
  const short = [headings.filter((heading) => heading !== 'TOUCHES'), ...marked];
  const forms = [[headings, ...rows], short, short.map((row) => row.slice(0, -1))];
  const fits = (form: string[][]): boolean => alignColumns(form).every((line) => visibleWidth(line) <= look.width);
  const [names = [], ...cells] = forms.find(fits) ?? forms.at(-1) ?? [];
  return renderTable(names, cells, look);
}

/** Everything about one drill, and how it stands for each of its subjects. */
export function renderDrill(drill: DrillAnswer, look: Look): string[] {
  const { check, title, severity, does, irrevocable, limitSeconds, subjects, about, safeInProduction } = drill;
  const fields: [string, string][] = [
    ['check', check],
    ['severity', severity ?? 'none'],
    ['does', does],
    ['touches', touching(drill)],
    ['for good', irrevocable === null ? 'nothing' : `${irrevocable}: with --confirm alone`],
    ['production', safeInProduction ? 'it is safe there' : 'it is refused there, or asks for --confirm'],
    ['limit', readableDuration(limitSeconds * 1000)],
    ['run it', `posthorn drill run ${check}${irrevocable === null ? '' : ' --confirm'}`],
  ];
  const rows = subjects.map(({ kind, id, name, state, lastRun }) => [
    kind === id ? kind : safeText(`${name} (${id})`, 'one line'),
    state,
    lastOf(lastRun),
    lastRun?.id ?? '-',
  ]);
  return [
    look.paint.bold(safeText(title ?? check, 'one line')),
    '',
    ...renderFields(
      fields.map(([label, value]) => [label, safeText(value, 'one line')] as const),
      look,
    ),
    '',
    ...(rows.length === 0
      ? [`There is no ${about} yet that it could be run for.`]
      : renderTable(['FOR', 'STATE', 'LAST RUN', 'RUN'], rows, look)),
  ];
}

function aboutOf({ subjects, about }: DrillAnswer): string {
  const [only, other] = subjects;
  if (only === undefined) return `no ${about}`;
  return other === undefined && only.kind === only.id ? only.kind : counted(subjects.length, about);
}

function touching({ touches, irrevocable, refused }: DrillAnswer): string {
  if (refused) return `${touches} (refused here)`;
  return irrevocable === null ? touches : `${touches} (with --confirm)`;
}

function stateOf({ subjects }: DrillAnswer): string {
  const states = subjects.map(({ state }) => state);
  const [worst = '-'] = states.toSorted((one, other) => gravest.indexOf(one) - gravest.indexOf(other));
  const count = states.filter((state) => state === worst).length;
  return count === states.length ? worst : `${count} of ${states.length} ${worst}`;
}

function newestOf({ subjects }: DrillAnswer): RunAnswer | null {
  const runs = subjects.flatMap(({ lastRun }) => (lastRun === null ? [] : [lastRun]));
  return runs.toSorted((one, other) => other.createdAt.localeCompare(one.createdAt))[0] ?? null;
}

/** With its day: a run of last week is not one of this morning. */
function lastOf(run: RunAnswer | null): string {
  return run === null ? 'never' : `${run.state} ${run.createdAt.slice(0, 16)}Z`;
}
