import { findReview } from '../review/find-review.ts';
import { type CommonFlags, openTeam } from '../sources/open-team.ts';
import { renderTable } from '../sources/render-source.rules.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { type PromotionAnswer, renderPromotion, stateColour } from './render-promotion.rules.ts';

export type RollBackFlags = CommonFlags & { reason: string };
export type ResumeFlags = CommonFlags & { note: string; override?: string };

export async function runList(flags: CommonFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openTeam(flags);
  const { data } = await api.request<{ data: PromotionAnswer[] }>('GET', `${path}/promotions?limit=100`);
  if (flags.json === true) return terminal.out(JSON.stringify(data));
  if (data.length === 0) return terminal.err('Nothing was promoted yet; see: posthorn promote --help');
  const rows = data.map(({ id, state, connection, review, createdAt, override }) => [
    safeText(id, 'one line'),
    stateColour(state, terminal.paint)(state),
    connection,
    review,
    createdAt,
    override === null ? '' : 'by override',
  ]);
  for (const line of renderTable(['PROMOTION', 'STATE', 'CONNECTION', 'REVIEW', 'AT', ''], rows, terminal)) {
    terminal.out(line);
  }
}

export async function runShow(promotion: string, flags: CommonFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openTeam(flags);
  say(await api.request('GET', `${path}/promotions/${encodeURIComponent(promotion)}`), flags, terminal);
}

export async function runRollBack(promotion: string, flags: RollBackFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openTeam(flags);
  const at = `${path}/promotions/${encodeURIComponent(promotion)}/roll-back`;
  say(await api.request('POST', at, { reason: flags.reason }), flags, terminal);
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

function say(promotion: PromotionAnswer, flags: CommonFlags, terminal: Terminal): void {
  if (flags.json === true) return terminal.out(JSON.stringify(promotion));
  for (const line of renderPromotion(promotion, terminal)) terminal.out(line);
}
