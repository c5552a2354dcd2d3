import { loadCatalogue } from '../../readiness/load-catalogue.ts';
import { CliFailure } from '../failure.ts';
import { findMemberId } from '../members/find-member.ts';
import { namePeople } from '../members/name-people.ts';
import { type CommonFlags, openTeam } from '../sources/open-team.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { findReview } from './find-review.ts';
import { parseAnswers } from './parse-answers.ts';
import type { CheckAnswer, ReviewAnswer } from './review-answers.ts';

export type CreateFlags = CommonFlags & {
  checklist: readonly string[];
  source?: readonly string[];
  endpoint?: readonly string[];
  connection?: readonly string[];
  answer?: readonly string[];
  waivers?: number;
};

/** Begins a review. */
export async function runCreate(name: string, flags: CreateFlags, terminal: Terminal): Promise<void> {
  const answers = parseAnswers(flags.answer ?? [], loadCatalogue().scope.questions);
  const { api, path } = await openTeam(flags);
  const made = await api.request<ReviewAnswer>('POST', `${path}/reviews`, {
    name,
    checklists: flags.checklist,
    integration: {
      sources: flags.source ?? [],
      endpoints: flags.endpoint ?? [],
      connections: flags.connection ?? [],
    },
    answers,
    ...(flags.waivers === undefined ? {} : { waiverCap: flags.waivers }),
  });
  if (flags.json === true) return terminal.out(JSON.stringify(made));
  terminal.out(`created  ${made.id}`);
  terminal.err(`Measure it: posthorn review run ${made.id}`);
}

export type CommentFlags = CommonFlags & { check?: string; subject?: string };

/** Adds a comment, to a check where one is named. */
export async function runComment(review: string, text: string, flags: CommentFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openTeam(flags);
  const { check, subject } = flags;
  const body = { text, ...(check === undefined ? {} : { check }), ...(subject === undefined ? {} : { subject }) };
  const made = await api.request<{ id: string }>('POST', `${await findReview(api, path, review)}/comments`, body);
  terminal.out(flags.json === true ? JSON.stringify(made) : `commented  ${made.id}`);
}

export type AssignFlags = CommonFlags & { to?: string; by?: string; subject?: string; nobody?: true };

/** Says who sees to a check, and until when; what is not named is taken away. */
export async function runAssign(review: string, check: string, flags: AssignFlags, terminal: Terminal): Promise<void> {
  if (flags.to === undefined && flags.by === undefined && flags.nobody === undefined) {
    throw new CliFailure('neither a member nor a date is named', 'give --to, --by or --nobody', 2);
  }
  const { api, path } = await openTeam(flags);
  const owner = flags.to === undefined ? null : await findMemberId(api, path, flags.to);
  const dueAt = flags.by === undefined ? null : timeOf(flags.by);
  const at = `${await findReview(api, path, review)}/checks/${encodeURIComponent(check)}`;
  const body = { owner, dueAt, ...(flags.subject === undefined ? {} : { subject: flags.subject }) };
  const assigned = await api.request<CheckAnswer>('PUT', at, body);
  if (flags.json === true) return terminal.out(JSON.stringify(assigned));
  const until = assigned.dueAt === null ? '' : ` by ${assigned.dueAt}`;
  const nameOf = await namePeople(api, path, [assigned.owner]);
  const who = assigned.owner === null ? 'nobody' : nameOf(assigned.owner);
  terminal.out(safeText(`${assigned.check}  ${who}${until}`, 'one line'));
}

function timeOf(text: string): string {
  const ms = Date.parse(text);
  if (!Number.isNaN(ms)) return new Date(ms).toISOString();
  throw new CliFailure(`--by ${text} is no time`, 'write a day such as 2027-01-31, or a time', 2);
}
