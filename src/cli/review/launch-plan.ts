import { ApiProblem } from '../api/api-client.ts';
import { CliFailure } from '../failure.ts';
import { namePeople } from '../members/name-people.ts';
import { readDocument } from '../read-document.ts';
import { type CommonFlags, openTeam } from '../sources/open-team.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { findReview } from './find-review.ts';

export type SetFlags = CommonFlags & { file: string };

type Answer = { version: number; plan: object; setBy: string; setAt: string };

/** Prints what set takes; who set it goes beside it. */
export async function runShow(review: string | undefined, flags: CommonFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openTeam(flags);
  const at = `${await findReview(api, path, review)}/launch-plan`;
  let answer: Answer;
  try {
    answer = await api.request<Answer>('GET', at);
  } catch (error) {
    if (!(error instanceof ApiProblem) || !error.what.includes('launch plan')) throw error;
    throw new CliFailure(error.what, 'write it as docs/promotion.md says, with version 0, and set it from that file');
  }
  if (flags.json === true) return terminal.out(JSON.stringify(answer));
  const nameOf = await namePeople(api, path, [answer.setBy]);
  terminal.err(safeText(`version ${answer.version}: set by ${nameOf(answer.setBy)} at ${answer.setAt}`, 'one line'));
  const document = JSON.stringify({ version: answer.version, plan: answer.plan }, null, 2);
  for (const line of document.split('\n')) terminal.out(safeText(line, 'one line'));
}

/** Sets a plan from a file, if nobody set another since the version that is in it. */
export async function runSet(review: string | undefined, { file, ...flags }: SetFlags, terminal: Terminal) {
  const remedy = 'begin with what posthorn review launch-plan show prints';
  const { version = 0, plan } = await readDocument(file, { holds: 'launch plan', remedy });
  if (plan === undefined) throw new CliFailure(`${file} holds no launch plan: it has no "plan"`, remedy);
  const { api, path } = await openTeam(flags);
  const at = `${await findReview(api, path, review)}/launch-plan`;
  const answer = await api.request<Answer>('PUT', at, { version, plan });
  terminal.out(flags.json === true ? JSON.stringify(answer) : `set  version ${answer.version} of the launch plan`);
}
