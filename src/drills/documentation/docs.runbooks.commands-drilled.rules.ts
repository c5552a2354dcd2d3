import { counted, listed } from '../../readiness/finding.rules.ts';
import type { Finding } from '../../readiness/finding.ts';
import { verdict } from '../reliability/verdict.rules.ts';

/** A block of a runbook, as it went. */
export type RunBlock = { page: string; heading: string; ok: boolean };

/** @param pages that are runbooks: each has at least one block that can be run */
export function judgeRunbooks(pages: readonly string[], blocks: readonly RunBlock[]): Finding {
  const broken = blocks.filter(({ ok }) => !ok).map(({ page, heading }) => `${heading} (${page})`);
  const bare = pages.filter((page) => blocks.every((block) => block.page !== page));
  return verdict(
    [
      [broken.length === 0, `Commands that failed: ${listed(broken)}.`],
      [bare.length === 0, `Without a command that can be run: ${listed(bare)}.`],
    ],
    `${counted(blocks.length, 'block')} of ${counted(pages.length, 'runbook')} ran as they stand.`,
    { runbooks: pages.length, blocks: blocks.length, failed: broken.length },
  );
}
