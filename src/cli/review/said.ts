import type { ApiClient } from '../api/api-client.ts';
import { namePeople } from '../members/name-people.ts';
import { type CommonFlags, openTeam } from '../sources/open-team.ts';
import { renderTable } from '../sources/render-source.rules.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { findReview } from './find-review.ts';

export type AttestationsFlags = CommonFlags & { check?: string };
type Turn = { by: string; at: string } | null;
type Subject = { kind: string; id: string };
type Attestation = {
  id: string;
  check: string;
  subject: Subject;
  author: string;
  expiresAt: string;
  confirmed: Turn;
  withdrawn: Turn;
};
type Waiver = {
  id: string;
  check: string;
  subject: Subject;
  requestedBy: string;
  owner: string;
  expiresAt: string;
  approved: Turn;
  endedAt: string | null;
};
type SignOff = {
  id: string;
  duty: string;
  member: string;
  signedAt: string;
  withdrawnAt: string | null;
  fallenBecause: string | null;
};

/** What members attested, newest first; those that were taken back too. */
export async function runAttestations(flags: AttestationsFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openTeam(flags);
  const about = flags.check === undefined ? '' : `&check=${encodeURIComponent(flags.check)}`;
  const { data } = await api.request<{ data: Attestation[] }>('GET', `${path}/attestations?limit=100${about}`);
  if (flags.json === true) return terminal.out(JSON.stringify(data));
  if (data.length === 0) return terminal.err('Nobody attested anything; see: posthorn review attest --help');
  const ids = data.flatMap(({ author, confirmed, withdrawn }) => [author, confirmed?.by, withdrawn?.by]);
  const nameOf = await namePeople(api, path, ids);
  const rows = data.map(({ id, check, subject, author, expiresAt, confirmed, withdrawn }) => [
    id,
    checkOf(check, subject),
    nameOf(author),
    confirmed === null ? 'nobody' : nameOf(confirmed.by),
    withdrawn === null ? endOf(expiresAt) : `withdrawn by ${nameOf(withdrawn.by)}`,
  ]);
  table(['ATTESTATION', 'CHECK', 'BY', 'CONFIRMED BY', 'UNTIL'], rows, terminal);
}

/** The waivers of a review; those that ended too. */
export async function runWaivers(review: string | undefined, flags: CommonFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openTeam(flags);
  const data = await readOf<Waiver>(api, await findReview(api, path, review), 'waivers');
  if (flags.json === true) return terminal.out(JSON.stringify(data));
  if (data.length === 0) return terminal.err('Nothing was asked to be waived; see: posthorn review waive --help');
  const ids = data.flatMap(({ requestedBy, owner, approved }) => [requestedBy, owner, approved?.by]);
  const nameOf = await namePeople(api, path, ids);
  const rows = data.map((each) => [
    each.id,
    checkOf(each.check, each.subject),
    nameOf(each.requestedBy),
    nameOf(each.owner),
    each.approved === null ? 'nobody yet' : nameOf(each.approved.by),
    each.endedAt === null ? endOf(each.expiresAt) : 'refused, or taken back',
  ]);
  table(['WAIVER', 'CHECK', 'ASKED BY', 'MENDED BY', 'APPROVED BY', 'UNTIL'], rows, terminal);
}

/** Who signed a review, and why a signature does not count any more. */
export async function runSignOffs(review: string | undefined, flags: CommonFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openTeam(flags);
  const data = await readOf<SignOff>(api, await findReview(api, path, review), 'sign-offs');
  if (flags.json === true) return terminal.out(JSON.stringify(data));
  if (data.length === 0) return terminal.err('Nobody signed yet; see: posthorn review sign --help');
  const people = data.map(({ member }) => member);
  const nameOf = await namePeople(api, path, people);
  const rows = data.map(({ id, duty, member, signedAt, withdrawnAt, fallenBecause }) => [
    id,
    duty,
    nameOf(member),
    signedAt,
    withdrawnAt === null ? (fallenBecause ?? 'counts') : 'withdrawn',
  ]);
  table(['SIGN-OFF', 'DUTY', 'BY', 'AT', 'STATE'], rows, terminal);
}

async function readOf<Item>(api: ApiClient, review: string, kind: 'waivers' | 'sign-offs'): Promise<Item[]> {
  return (await api.request<{ data: Item[] }>('GET', `${review}/${kind}`)).data;
}

function checkOf(check: string, { kind, id }: Subject): string {
  return kind === id ? check : `${check} (${id})`;
}

function endOf(expiresAt: string): string {
  return Date.parse(expiresAt) > Date.now() ? expiresAt : `over since ${expiresAt}`;
}

function table(headings: readonly string[], rows: readonly (readonly string[])[], terminal: Terminal): void {
  const safe = rows.map((row) => row.map((cell) => safeText(cell, 'one line')));
  for (const line of renderTable(headings, safe, terminal)) terminal.out(line);
}
