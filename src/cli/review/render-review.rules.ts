import { firstPhase } from '../../readiness/phases.rules.ts';
import { renderFields, renderTable } from '../sources/render-source.rules.ts';
import { alignColumns, cutLine, visibleWidth, wrapWords } from '../terminal/layout.rules.ts';
import type { Paint } from '../terminal/paint.rules.ts';
import { counted } from '../terminal/readable.rules.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import type {
  CheckAnswer,
  DiffAnswer,
  ExplainedAnswer,
  SectionAnswer,
  SnapshotAnswer,
  ViewAnswer,
} from './review-answers.ts';

/** `nameOf` makes the id of a member or a key readable. */
type Look = { paint: Paint; width: number; nameOf?: (id: string) => string };

const asItIs = (id: string): string => id;

const barColumns = 24;
const severityOrder = ['blocker', 'major', 'minor'];
const stateOrder = ['failed', 'stale', 'unknown', 'waived', 'attested', 'passed', 'not-applicable'];

/** A review as it stands: verdict, progress by section, and what does not hold. @param most of those that are shown */
export function renderView(view: ViewAnswer, most: number, look: Look): string[] {
  const { paint, width } = look;
  const { name, id, status, verdict } = view;
  const head = verdict.passed ? paint.green('PASSED') : paint.red('NOT PASSED');
  const open = view.checks
    .filter(({ state }) => state === 'failed' || state === 'stale' || state === 'unknown')
    .toSorted((one, other) => rank(one) - rank(other));
  const left = open.length - most;
  return [
    `${paint.bold(safeText(name, 'one line'))}  ${paint.dim(`${id}  ${status}`)}`,
    head,
    ...[view.because === null ? [] : [`Reopened: ${view.because}`], verdict.because]
      .flat()
      .flatMap((line) => wrapWords(safeText(line, 'one line'), Math.max(30, width - 2)).map((text) => `  ${text}`)),
    '',
    ...renderSections(view.sections, paint),
    '',
    `${paint.green('█')} holds  ${paint.cyan('▓')} waived  ${paint.red('▒')} failed  ${paint.dim('░')} open`,
    ...(open.length === 0 ? [] : ['', ...open.slice(0, most).flatMap((check) => renderOpen(check, look))]),
    ...(left > 0 ? [paint.dim(`${counted(left, 'more check')}: posthorn review status --all`)] : []),
  ];
}

function rank({ state, severity, next }: CheckAnswer): number {
  const canBeDecided = next.kind === 'wait' ? 1 : 0;
  return stateOrder.indexOf(state) * 100 + canBeDecided * 10 + severityOrder.indexOf(severity);
}

function renderSections(sections: readonly SectionAnswer[], paint: Paint): string[] {
  const headings = ['SECTION', '', 'HOLD', 'WAIVED', 'FAILED', 'OPEN', 'LEFT OUT'].map((each) => paint.dim(each));
  const rows = sections.map((each) => [
    each.section,
    renderBar(each, paint),
    `${each.passed + each.attested}/${each.total - each.notApplicable}`.padStart(7),
    String(each.waived).padStart(6),
    String(each.failed).padStart(6),
    String(each.stale + each.unknown).padStart(4),
    String(each.notApplicable).padStart(8),
  ]);
  return alignColumns([headings, ...rows]);
}

/** What holds, is waived, failed and is open, as parts of one bar; whatever there is of one shows. */
export function renderBar(section: SectionAnswer, paint: Paint): string {
  const counts = [section.passed + section.attested, section.waived, section.failed, section.stale + section.unknown];
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return paint.dim('·'.repeat(barColumns));
  const parts = counts.map((count) => (count === 0 ? 0 : Math.max(1, Math.round((count / total) * barColumns))));
  // Rounding may be off by some: the largest part bears it.
  const off = barColumns - parts.reduce((sum, part) => sum + part, 0);
  const largest = parts.indexOf(Math.max(...parts));
  const [holds = 0, waived = 0, failed = 0, open = 0] = parts.map(
    (part, index) => part + (index === largest ? off : 0),
  );
  return (
    paint.green('█'.repeat(holds)) +
    paint.cyan('▓'.repeat(waived)) +
    paint.red('▒'.repeat(failed)) +
    paint.dim('░'.repeat(open))
  );
}

function renderOpen(check: CheckAnswer, { paint, width, nameOf = asItIs }: Look): string[] {
  const { state, severity, subject, because, owner, dueAt } = check;
  const about = subject.kind === subject.id ? '' : ` (${subject.id})`;
  const colour = state === 'failed' ? paint.red : paint.yellow;
  const name = owner === null ? 'nobody' : nameOf(owner);
  const who = owner === null && dueAt === null ? '' : `  ${name}${dueAt === null ? '' : ` by ${dueAt}`}`;
  const why = safeText(because ?? '', 'one line');
  const later = laterPhase(check);
  const when = later === null ? '' : `  from ${later} on`;
  const head = `${colour(state.padEnd(8))}${severity.padEnd(8)} ${check.check}`;
  const more = safeText(about + who + when, 'one line');
  return [
    ...(visibleWidth(head + more) <= width ? [head + more] : [head, `  ${more.trim()}`]),
    ...(why === '' ? [] : [paint.dim(`  ${cutLine(why, width - 2)}`)]),
  ];
}

/** When a check is first asked for, where that is after the launch: the verdict does not count it. Null: before. */
function laterPhase({ items }: Pick<CheckAnswer, 'items'>): string | null {
  const first = firstPhase(items);
  return first === 'prepare' ? null : first;
}

/** One check with all that explains it. @param review its id, for the commands that go on from here */
export function renderExplained(review: string, check: ExplainedAnswer, look: Look): string[] {
  const { paint, nameOf = asItIs } = look;
  const { subject, next } = check;
  const later = laterPhase(check);
  const alone = subject.kind === subject.id ? '' : ` --subject ${subject.id}`;
  const nextWords = {
    run: `posthorn review explain ${review} ${check.check}${alone} --run, or POST ${next.post ?? ''}`,
    drill: `posthorn drill run ${check.check}${alone}`,
    attest: `posthorn review attest ${check.check}${alone}`,
    wait: 'nothing to run now: because says why',
  }[next.kind];
  const fields: [string, string][] = [
    ['check', check.check],
    ['about', subject.kind === subject.id ? subject.kind : `${subject.kind} ${subject.id} (${subject.name})`],
    ['severity', check.severity],
    ['state', check.state],
    ['because', check.because ?? ''],
    ['basis', check.basis ?? ''],
    ['asked for', later === null ? '' : `from ${later} on: the verdict does not count it`],
    ['seen', check.seen ?? ''],
    ['values', check.values.map(({ name, value }) => `${name} ${String(value)}`).join('\n')],
    ['why', check.why],
    ['remedy', check.remedy],
    ['command', check.command ?? ''],
    ['next', nextWords],
    ['measured', check.measuredAt === null ? '' : `${check.measuredAt}, good until ${check.expiresAt ?? ''}`],
    ['owner', ownerOf(check, nameOf)],
    ['decides', check.items.map(({ checklist, ref, says }) => `${checklist} ${ref}: ${says}`).join('\n')],
    ['comments', check.comments.map((each) => `${each.createdAt} ${nameOf(each.author)}: ${each.text}`).join('\n')],
    ['history', check.history.map(({ measuredAt, state, seen }) => `${measuredAt} ${state}: ${seen}`).join('\n')],
  ];
  const shown = fields
    .filter(([, value]) => value !== '')
    .map(([label, value]) => [label, safeText(value, 'lines')] as const);
  return [paint.bold(safeText(check.title, 'one line')), '', ...renderFields(shown, look)];
}

function ownerOf({ owner, dueAt }: Pick<CheckAnswer, 'owner' | 'dueAt'>, nameOf: (id: string) => string): string {
  const name = owner === null ? [] : [nameOf(owner)];
  return [...name, ...(dueAt === null ? [] : [`by ${dueAt}`])].join(' ');
}

/** What a line of the history takes without the id and without who. */
const historyColumns = 62;

/** A line for each time that a review was measured; without ids where there is no room, as diff takes times as well. */
export function renderHistory(snapshots: readonly SnapshotAnswer[], look: Look): string[] {
  const { paint, nameOf = asItIs } = look;
  const count = (states: Record<string, number>, ...names: string[]): string =>
    String(names.reduce((sum, name) => sum + (states[name] ?? 0), 0));
  const headings = ['SNAPSHOT', 'TAKEN', 'PASSED', 'HOLD', 'WAIVED', 'FAILED', 'OPEN', 'BY'];
  const rows = snapshots.map(({ id, takenAt, takenBy, passed, states }) => [
    id,
    takenAt,
    passed ? paint.green('yes') : 'no',
    count(states, 'passed', 'attested'),
    count(states, 'waived'),
    count(states, 'failed'),
    count(states, 'stale', 'unknown'),
    safeText(nameOf(takenBy), 'one line'),
  ]);
  const fits = alignColumns([headings, ...rows]).every((line) => visibleWidth(line) <= look.width);
  if (fits) return renderTable(headings, rows, look);
  const short = rows.map((row) => [...row.slice(1, -1), cutLine(row.at(-1) ?? '', look.width - historyColumns)]);
  return renderTable(headings.slice(1), short, look);
}

/** What stands otherwise. */
export function renderDiff({ from, to, changed }: DiffAnswer, look: Look): string[] {
  const side = ({ snapshot, at, passed }: DiffAnswer['from']): string =>
    `${snapshot ?? 'now'}, ${at}, ${passed ? 'passed' : 'not passed'}`;
  const rows = changed.map(({ check, subject, from: was, to: is }) => [
    check,
    subject.kind === subject.id ? subject.kind : subject.id,
    was ?? 'not there',
    is ?? 'not there',
  ]);
  return [
    ...renderFields(
      [
        ['from', side(from)],
        ['to', side(to)],
      ],
      look,
    ),
    '',
    ...(rows.length === 0 ? ['Nothing stands otherwise.'] : renderTable(['CHECK', 'ABOUT', 'WAS', 'IS'], rows, look)),
  ];
}
