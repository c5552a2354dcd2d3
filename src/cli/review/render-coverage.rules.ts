import type { ChecklistCoverage } from '../../readiness/coverage.rules.ts';
import { alignColumns, cutLine, wrapWords } from '../terminal/layout.rules.ts';
import type { Paint } from '../terminal/paint.rules.ts';
import { counted } from '../terminal/readable.rules.ts';

type Look = { paint: Paint; width: number };

const barColumns = 24;
const mostReasons = 5;

/** A table of all checklists with a bar each, and below it what is waited for. */
export function renderCoverage(
  checklists: readonly ChecklistCoverage[],
  checks: { shipped: number; shippable: number; attested: number },
  { paint, width }: Look,
): string[] {
  const headings = ['CHECKLIST', 'ITEMS', '', 'DECIDED', 'ATTESTED', 'WAITING'].map((each) => paint.dim(each));
  const rows = checklists.map((each) => [
    paint.bold(each.id),
    String(each.items).padStart(5),
    renderBar(each, paint),
    String(each.decided).padStart(7),
    String(each.attested).padStart(8),
    String(each.waiting).padStart(7),
  ]);
  const { shipped, shippable, attested } = checks;
  return [
    ...alignColumns([headings, ...rows]),
    '',
    `${paint.green('█')} decided without people  ${paint.cyan('▓')} attested by somebody  ${paint.dim('░')} waiting`,
    `${shipped} of ${counted(shippable, 'check')} can be decided; ${attested} more are attested.`,
    ...renderReasons(checklists, { paint, width }),
  ];
}

/** What is decided, attested and waiting, as parts of one bar; whatever there is of one shows. */
export function renderBar({ items, decided, attested, waiting }: ChecklistCoverage, paint: Paint): string {
  const columnsOf = (count: number): number =>
    count === 0 ? 0 : Math.max(1, Math.round((count / items) * barColumns));
  const parts = [columnsOf(decided), columnsOf(attested), columnsOf(waiting)];
  // Rounding may be off by one or two: the largest part bears it.
  const off = barColumns - parts.reduce((sum, part) => sum + part, 0);
  const largest = parts.indexOf(Math.max(...parts));
  const [green = 0, cyan = 0, dim = 0] = parts.map((part, index) => (index === largest ? part + off : part));
  return paint.green('█'.repeat(green)) + paint.cyan('▓'.repeat(cyan)) + paint.dim('░'.repeat(dim));
}

function renderReasons(checklists: readonly ChecklistCoverage[], { paint, width }: Look): string[] {
  const waiting = checklists.filter(({ reasons }) => reasons.length > 0);
  if (waiting.length === 0) return [];
  const lines = waiting.flatMap(({ id, reasons }) => [
    '',
    `${paint.bold(id)} waits for`,
    ...reasons.slice(0, mostReasons).map(({ reason, items, checks }) => {
      const size = `${counted(items, 'item')}, ${counted(checks.length, 'check')}`;
      return `  ${cutLine(`${size}: ${reason}`, width - 2)}`;
    }),
    ...(reasons.length > mostReasons ? [paint.dim(`  and ${reasons.length - mostReasons} more reasons`)] : []),
  ]);
  return [...lines, '', paint.dim('Item by item: posthorn review coverage --checklist <id>')];
}

const marks = { decided: '█', attested: '▓', waiting: '░' } as const;

/** One checklist, item by item, with what each waits for. */
export function renderChecklist(checklist: ChecklistCoverage, { paint, width }: Look): string[] {
  const { items, decided, attested, waiting, withoutPeople } = checklist;
  const colours = { decided: paint.green, attested: paint.cyan, waiting: paint.dim };
  const refWidth = Math.max(...checklist.details.map(({ ref }) => ref.length));
  const indent = ' '.repeat(refWidth + 4);
  return [
    `${paint.bold(checklist.title)}  ${renderBar(checklist, paint)}`,
    `${counted(items, 'item')}: ${decided} decided without people, ${attested} attested, ${waiting} waiting. With every check there, ${withoutPeople} need nobody.`,
    '',
    ...checklist.details.flatMap(({ ref, says, state, waitingFor }) => [
      ...wrapWords(says, Math.max(20, width - indent.length)).map((line, index) =>
        index === 0 ? `${colours[state](marks[state])} ${ref.padEnd(refWidth)}  ${line}` : indent + line,
      ),
      ...waitingFor.flatMap(({ checkId, reason }) =>
        wrapWords(`${checkId}: ${reason}`, Math.max(20, width - indent.length)).map((line) => indent + paint.dim(line)),
      ),
    ]),
  ];
}
