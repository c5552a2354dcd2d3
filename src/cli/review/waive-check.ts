import { CliFailure } from '../failure.ts';
import { findMemberId } from '../members/find-member.ts';
import { namePeople } from '../members/name-people.ts';
import { type CommonFlags, openTeam } from '../sources/open-team.ts';
import { renderFields } from '../sources/render-source.rules.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { findReview } from './find-review.ts';
import { askAgain, inOnesName, ownSigner, type YesFlag } from './sign-prompt.ts';
import { endOf } from './waive-until.ts';

export type WaiveFlags = CommonFlags &
  YesFlag & { review?: string; subject?: string; reason: string; control: string; until: string; owner?: string };
export type ApproveFlags = CommonFlags & YesFlag & { review?: string; refuse?: true };

type WaiverAnswer = {
  id: string;
  check: string;
  subject: { id: string };
  requestedBy: string;
  owner: string;
  reason: string;
  control: string;
  requestedAt: string;
  expiresAt: string;
};

/** Asks for a waiver of a check. */
export async function runWaive(check: string, flags: WaiveFlags, terminal: Terminal, signer = ownSigner()) {
  const { api, path } = await openTeam(flags);
  const review = await findReview(api, path, flags.review);
  const { reason, control, owner, subject } = flags;
  const expiresAt = endOf(flags.until, Date.now());
  const fields = [
    ['to be waived', check],
    ['until', expiresAt],
    ['reason', reason],
    ['in its place', control],
  ] as const;
  for (const line of renderFields(fields, terminal)) terminal.err(line);
  await askAgain('ask for it', flags, signer);
  const body = {
    check,
    reason,
    control,
    expiresAt,
    ...(subject === undefined ? {} : { subject }),
    ...(owner === undefined ? {} : { owner: await findMemberId(api, path, owner) }),
  };
  const made = await inOnesName(api.request<WaiverAnswer>('POST', `${review}/waivers`, body));
  if (flags.json === true) return terminal.out(JSON.stringify(made));
  terminal.out(`asked for  ${made.id}; somebody else approves it: posthorn review approve ${made.id}`);
}

/** Approves a waiver after it was shown, or refuses it. */
export async function runApprove(id: string, flags: ApproveFlags, terminal: Terminal, signer = ownSigner()) {
  const { api, path } = await openTeam(flags);
  const review = await findReview(api, path, flags.review);
  const { data } = await api.request<{ data: WaiverAnswer[] }>('GET', `${review}/waivers`);
  const waiver = data.find((each) => each.id === id);
  if (waiver === undefined) throw new CliFailure(`the review has no waiver ${id}`, 'name its review with --review');
  const nameOf = await namePeople(api, path, [waiver.requestedBy, waiver.owner]);
  const fields: [string, string][] = [
    ['waiver', waiver.id],
    ['check', `${waiver.check} (${waiver.subject.id})`],
    ['asked for by', `${nameOf(waiver.requestedBy)}, ${waiver.requestedAt}`],
    ['mended by', nameOf(waiver.owner)],
    ['until', waiver.expiresAt],
    ['reason', waiver.reason],
    ['in its place', waiver.control],
  ];
  const safe = fields.map(([label, value]) => [label, safeText(value, 'lines')] as const);
  for (const line of renderFields(safe, terminal)) terminal.err(line);
  const verb = flags.refuse === true ? 'refuse' : 'approve';
  await askAgain(`${verb} it`, flags, signer);
  const after = await inOnesName(api.request<WaiverAnswer>('POST', `${review}/waivers/${waiver.id}/${verb}`));
  if (flags.json === true) return terminal.out(JSON.stringify(after));
  terminal.out(`${verb}d  ${waiver.check} until ${waiver.expiresAt}`);
}
