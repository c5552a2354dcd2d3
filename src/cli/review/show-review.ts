import { writeFile } from 'node:fs/promises';
import type { ApiClient } from '../api/api-client.ts';
import { CliFailure } from '../failure.ts';
import { namePeople } from '../members/name-people.ts';
import { type CommonFlags, openTeam } from '../sources/open-team.ts';
import { renderTable } from '../sources/render-source.rules.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { junitOf } from '../verify/junit.rules.ts';
import { findReview } from './find-review.ts';
import { renderDiff, renderExplained, renderHistory, renderView } from './render-review.rules.ts';
import type { DiffAnswer, ExplainedAnswer, ReviewAnswer, SnapshotAnswer, ViewAnswer } from './review-answers.ts';

export type ListFlags = CommonFlags & { all?: true };
export type StatusFlags = CommonFlags & { all?: true; gate?: true; junit?: string };

const shownChecks = 15;

/** Reviews that are not closed, or all. */
export async function runList(flags: ListFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openTeam(flags);
  const { data } = await api.request<{ data: ReviewAnswer[] }>('GET', `${path}/reviews?limit=500`);
  const reviews = flags.all === true ? data : data.filter(({ status }) => status !== 'closed');
  if (flags.json === true) return terminal.out(JSON.stringify(reviews));
  if (reviews.length === 0) return terminal.err('There is no review; begin one with posthorn review create.');
  const rows = reviews.map(({ id, status, checklists, name }) =>
    [id, status, checklists.join(', '), name].map((cell) => safeText(cell, 'one line')),
  );
  for (const line of renderTable(['REVIEW', 'STATUS', 'CHECKLISTS', 'NAME'], rows, terminal)) terminal.out(line);
}

/** Shows how a review stands. With --gate the exit code is 1 unless it passed. */
export async function runStatus(review: string | undefined, flags: StatusFlags, terminal: Terminal): Promise<0 | 1> {
  const { api, path } = await openTeam(flags);
  const view = await api.request<ViewAnswer>('GET', await findReview(api, path, review));
  await show(view, { api, path }, flags, terminal);
  return flags.gate === true && !view.verdict.passed ? 1 : 0;
}

/** Has a review measured and shows how it stands. The exit code is 1 when a blocker failed. */
export async function runRun(review: string | undefined, flags: StatusFlags, terminal: Terminal): Promise<0 | 1> {
  const { api, path } = await openTeam(flags);
  const view = await api.request<ViewAnswer>('POST', `${await findReview(api, path, review)}/run`);
  await show(view, { api, path }, flags, terminal);
  const isBlocked = view.checks.some(({ state, severity }) => state === 'failed' && severity === 'blocker');
  return isBlocked || (flags.gate === true && !view.verdict.passed) ? 1 : 0;
}

async function show(
  view: ViewAnswer,
  { api, path }: { api: ApiClient; path: string },
  flags: StatusFlags,
  terminal: Terminal,
): Promise<void> {
  if (flags.junit !== undefined) {
    await writeReport(flags.junit, junitOf(view.checks.map((check) => ({ ...check, runAgain: check.next.post }))));
  }
  if (flags.json === true) return terminal.out(JSON.stringify(view, null, 2));
  const most = flags.all === true ? view.checks.length : shownChecks;
  const owners = view.checks.map(({ owner }) => owner);
  const nameOf = await namePeople(api, path, owners);
  for (const line of renderView(view, most, { ...terminal, nameOf })) terminal.out(line);
}

async function writeReport(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'it failed';
    throw new CliFailure(`${path} cannot be written (${code})`, 'name a file in a folder that you may write to');
  }
}

export type ExplainFlags = CommonFlags & { subject?: string; run?: true };

/** Explains one check of a review, after measuring it alone where that is wanted. */
export async function runExplain(
  review: string,
  check: string,
  flags: ExplainFlags,
  terminal: Terminal,
): Promise<void> {
  const { api, path } = await openTeam(flags);
  const query = flags.subject === undefined ? '' : `?subject=${encodeURIComponent(flags.subject)}`;
  const found = await findReview(api, path, review);
  const at = `${found}/checks/${encodeURIComponent(check)}${query}`;
  let explained = await api.request<ExplainedAnswer>('GET', at);
  if (flags.run === true) {
    await api.request('POST', toRun(explained));
    explained = await api.request<ExplainedAnswer>('GET', at);
  }
  if (flags.json === true) return terminal.out(JSON.stringify(explained, null, 2));
  const people = [explained.owner, ...explained.comments.map(({ author }) => author)];
  const nameOf = await namePeople(api, path, people);
  const id = found.slice(found.lastIndexOf('/') + 1);
  for (const line of renderExplained(id, explained, { ...terminal, nameOf })) terminal.out(line);
}

/** @throws CliFailure when something else than measuring decides the check */
function toRun({ check, next, because }: ExplainedAnswer): string {
  if (next.kind === 'run' && next.post !== null) return next.post;
  if (next.kind === 'drill') throw new CliFailure(`${check} is decided by its drill`, `posthorn drill run ${check}`);
  if (next.kind === 'attest') throw new CliFailure(`${check} is for people to say`, `posthorn review attest ${check}`);
  throw new CliFailure(`${check} cannot be measured yet`, because ?? 'posthorn review coverage says what it waits for');
}

/** Shows how a review stood whenever it was measured. */
export async function runHistory(review: string | undefined, flags: CommonFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openTeam(flags);
  const at = `${await findReview(api, path, review)}/history?limit=100`;
  const { data } = await api.request<{ data: SnapshotAnswer[] }>('GET', at);
  if (flags.json === true) return terminal.out(JSON.stringify(data));
  if (data.length === 0) return terminal.err('It was never measured: posthorn review run.');
  const takers = data.map(({ takenBy }) => takenBy);
  const nameOf = await namePeople(api, path, takers);
  for (const line of renderHistory(data, { ...terminal, nameOf })) terminal.out(line);
}

export type DiffFlags = CommonFlags & { from?: string; to?: string };

/** Shows what stands otherwise between two points in time. */
export async function runDiff(review: string | undefined, flags: DiffFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openTeam(flags);
  const places = Object.entries({ from: flags.from, to: flags.to }).flatMap(([name, place]) =>
    place === undefined ? [] : [`${name}=${encodeURIComponent(place)}`],
  );
  const query = places.length === 0 ? '' : `?${places.join('&')}`;
  const diff = await api.request<DiffAnswer>('GET', `${await findReview(api, path, review)}/diff${query}`);
  if (flags.json === true) return terminal.out(JSON.stringify(diff, null, 2));
  for (const line of renderDiff(diff, terminal)) terminal.out(line);
}
