import { renderTable } from '../sources/render-source.rules.ts';
import type { Paint } from '../terminal/paint.rules.ts';
import { counted } from '../terminal/readable.rules.ts';
import { safeText } from '../terminal/safe-text.rules.ts';

/** What the verb reads of the answer. */
export type RehearsalAnswer = {
  connections: number;
  calls: {
    at: string;
    method: string;
    path: string;
    status: number | null;
    error: string | null;
    errorCode: string | null;
    verdict: 'clean' | 'fault' | 'polling';
  }[];
  clean: number;
  faults: number;
  violations: { resource: string; firstAt: string; secondAt: string; secondsBetween: number }[];
  cleanCallsNeeded: number;
};

type Look = { paint: Paint; width: number };

const most = 20;
const signs = { clean: '●', fault: '✗', polling: '↻' } as const;

/** The 20 as a line, oldest first, what is wrong with those that are, and what is missing. */
export function renderRehearsal(answer: RehearsalAnswer, look: Look): string[] {
  const { paint } = look;
  const colours = { clean: paint.green, fault: paint.red, polling: paint.yellow };
  const plot = answer.calls.toReversed().map(({ verdict }) => colours[verdict](signs[verdict]));
  const empty = paint.dim('·'.repeat(Math.max(0, most - plot.length)));
  const line = `${empty}${plot.join('')}  ${answer.clean} of ${most} calls are clean`;
  const faults = answer.calls.filter(({ verdict }) => verdict === 'fault');
  const faultRows = faults.map(({ at, method, path, status, error, errorCode }) =>
    [at, status === null ? (error ?? 'no answer') : String(status), errorCode ?? '', `${method} ${path}`].map(safe),
  );
  const pairRows = answer.violations.map(({ firstAt, secondAt, secondsBetween, resource }) =>
    [firstAt, secondAt, `${secondsBetween} s`, resource].map(safe),
  );
  return [
    line,
    ...(faultRows.length === 0 ? [] : ['', ...renderTable(['AT', 'STATUS', 'CODE', 'FAULT'], faultRows, look)]),
    ...(pairRows.length === 0 ? [] : ['', ...renderTable(['FIRST READ', 'AGAIN', 'AFTER', 'POLLED'], pairRows, look)]),
    '',
    answer.cleanCallsNeeded === 0
      ? paint.green("DocuSign's review of calls would be passed.")
      : `${counted(answer.cleanCallsNeeded, 'more clean call')} ${answer.cleanCallsNeeded === 1 ? 'is' : 'are'} needed.`,
  ];
}

function safe(text: string): string {
  return safeText(text, 'one line');
}
