import type { ApiClient } from '../api/api-client.ts';
import { findReview } from '../review/find-review.ts';
import { type CommonFlags, openTeam } from '../sources/open-team.ts';
import { renderTable } from '../sources/render-source.rules.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { nameParts } from './name-parts.ts';
import { type PromotionAnswer, renderPromotion, stateColour } from './render-promotion.rules.ts';

export type RollBackFlags = CommonFlags & { reason: string };
export type ResumeFlags = CommonFlags & { note: string; override?: string };

export async function runList(flags: CommonFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openTeam(flags);
  const { data } = await api.request<{ data: PromotionAnswer[] }>('GET', `${path}/promotions?limit=100`);
  if (flags.json === true) return terminal.out(JSON.stringify(data));
  if (data.length === 0) return terminal.err('Nothing was promoted yet; see: posthorn promote --help');
  const nameOf = await nameParts(api, path, data);
  const rows = data.map(({ id, state, connection, review, createdAt, override }) => [
    safeText(id, 'one line'),
    stateColour(state, terminal.paint)(state),
    safeText(nameOf(connection), 'one line'),
    safeText(nameOf(review), 'one line'),
    createdAt,
    override === null ? '' : 'by override',
  ]);
  for (const line of renderTable(['PROMOTION', 'STATE', 'CONNECTION', 'REVIEW', 'AT', ''], rows, terminal)) {
    terminal.out(line);
  }
}

export async function runShow(promotion: string, flags: CommonFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openTeam(flags);
  const found = await api.request<PromotionAnswer>('GET', `${path}/promotions/${encodeURIComponent(promotion)}`);
  await say(found, { api, path }, flags, terminal);
}

export async function runRollBack(promotion: string, flags: RollBackFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openTeam(flags);
  const at = `${path}/promotions/${encodeURIComponent(promotion)}/roll-back`;
  const after = await api.request<PromotionAnswer>('POST', at, { reason: flags.reason });
  await say(after, { api, path }, flags, terminal);
}

export async function runResume(named: string, flags: ResumeFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openTeam(flags);
  const { note, override } = flags;
  const body = { note, ...(override === undefined ? {} : { override: { reason: override } }) };
  const at = `${await findReview(api, path, named)}/resume`;
  const resumed = await api.request<{ review: string; because: string }>('POST', at, body);
  if (flags.json === true) return terminal.out(JSON.stringify(resumed));
  terminal.out(safeText(`promoted  ${resumed.review}: ${resumed.because}`, 'one line'));
}

async function say(
  promotion: PromotionAnswer,
  { api, path }: { api: ApiClient; path: string },
  flags: CommonFlags,
  terminal: Terminal,
): Promise<void> {
  if (flags.json === true) return terminal.out(JSON.stringify(promotion));
  const nameOf = await nameParts(api, path, [promotion]);
  for (const line of renderPromotion(promotion, { ...terminal, nameOf })) terminal.out(line);
}
