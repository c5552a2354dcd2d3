import { type CommonFlags, openTeam } from '../sources/open-team.ts';
import { renderFields } from '../sources/render-source.rules.ts';
import { counted } from '../terminal/readable.rules.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { findReview } from './find-review.ts';
import type { ViewAnswer } from './review-answers.ts';
import { askAgain, inOnesName, ownSigner, type YesFlag } from './sign-prompt.ts';

export type SignFlags = CommonFlags & YesFlag & { remark?: string };

/**
 * Signs a review for a duty: what is signed is shown first, and it is signed by the hash that was shown, so that what
 * changes meanwhile is not.
 */
export async function runSign(
  duty: string,
  named: string | undefined,
  flags: SignFlags,
  terminal: Terminal,
  signer = ownSigner(),
): Promise<void> {
  const { api, path } = await openTeam(flags);
  const review = await findReview(api, path, named);
  const view = await api.request<ViewAnswer>('GET', review);
  for (const line of whatIsSigned(view, duty, terminal)) terminal.err(line);
  await askAgain(`sign it for ${duty}`, flags, signer);
  const body = {
    duty,
    evidenceHash: view.evidenceHash,
    ...(flags.remark === undefined ? {} : { remark: flags.remark }),
  };
  const signed = await inOnesName(api.request<{ id: string }>('POST', `${review}/sign-offs`, body));
  if (flags.json === true) return terminal.out(JSON.stringify(signed));
  terminal.out(safeText(`signed  ${view.name} for ${duty}: ${signed.id}`, 'one line'));
}

function whatIsSigned(view: ViewAnswer, duty: string, terminal: Terminal): string[] {
  const { checks, verdict, evidenceHash, missingDuties } = view;
  const count = (state: string): number => checks.filter((check) => check.state === state).length;
  const open = ['failed', 'stale', 'unknown'].reduce((sum, state) => sum + count(state), 0);
  const others = missingDuties.filter((each) => each !== duty);
  const fields: [string, string][] = [
    ['review', `${view.name} (${view.id})`],
    ['verdict', verdict.passed ? 'passed' : 'not passed'],
    ['open', open === 0 ? 'nothing' : verdict.because.join('\n')],
    ['holds', `${count('passed')} passed, ${count('attested')} attested, of ${counted(checks.length, 'check')}`],
    ['let pass', `${count('waived')} waived, ${count('not-applicable')} do not apply`],
    ['others', others.length === 0 ? 'nobody else has to sign' : `still to sign: ${others.join(', ')}`],
    ['evidence', evidenceHash],
  ];
  const safe = fields.map(([label, value]) => [label, safeText(value, 'lines')] as const);
  return renderFields(safe, terminal);
}
