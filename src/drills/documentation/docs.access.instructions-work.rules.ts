import { listed } from '../../readiness/finding.rules.ts';
import type { Finding } from '../../readiness/finding.ts';
import { verdict } from '../reliability/verdict.rules.ts';

/** Something that a page says, and whether it was so. */
export type Said = { says: string; seen: string; holds: boolean };

export function judgeInstructions(said: readonly Said[]): Finding {
  const wrong = said.filter(({ holds }) => !holds);
  return verdict(
    [
      [said.length > 0, 'The pages say nothing that could be tried.'],
      [wrong.length === 0, `Not as the pages say: ${listed(wrong.map(({ says, seen }) => `${says} (${seen})`))}.`],
    ],
    `${said.length} things that the pages say on keys, permissions and signatures were tried, and are so.`,
    { tried: said.length, wrong: wrong.length },
  );
}

/** First cells of the table under this heading of the first column, without back-ticks. */
export function firstCells(page: string, heading: string): string[] {
  const cells: string[] = [];
  let inside = false;
  for (const line of page.split('\n')) {
    const cell = /^\|\s*`?([^|`]*?)`?\s*\|/.exec(line)?.[1] ?? null;
    if (cell === null) inside = false;
    else if (inside && !/^-+$/.test(cell)) cells.push(cell);
    if (cell === heading) inside = true;
  }
  return cells;
}
