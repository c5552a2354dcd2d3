import type { ApiClient } from '../api/api-client.ts';
import { type CommonFlags, openTeam } from '../sources/open-team.ts';
import { untilStopped } from '../stop-signals.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { CallAnswer, CallDetailAnswer, StatisticsAnswer, ViolationAnswer } from './call-answers.ts';
import { choosesByEnd, type FilterFlags, filterQuery, type WindowFlags, windowQuery } from './call-query.ts';
import { type CallReader, followCalls } from './follow-calls.ts';
import { renderCall, renderCallDetail, renderCallHeadings } from './render-call.rules.ts';
import { renderStatistics, renderViolation } from './render-statistics.rules.ts';

type Page<Item> = { data: Item[]; nextCursor: string | null };

const pageMost = 500;
/** Pages may come short while there is more; an end has to be all the same. */
const pagesMost = 20;

/** Up to `limit` of a list, over as many pages as that takes. */
async function readList<Item>(
  api: ApiClient,
  path: string,
  query: URLSearchParams,
  limit: number,
): Promise<{ items: Item[]; more: boolean }> {
  const items: Item[] = [];
  const asked = new URLSearchParams(query);
  for (let page = 0; page < pagesMost; page += 1) {
    asked.set('limit', String(Math.min(pageMost, limit - items.length)));
    const { data, nextCursor } = await api.request<Page<Item>>('GET', `${path}?${asked.toString()}`);
    items.push(...data);
    if (nextCursor === null) return { items, more: false };
    if (items.length >= limit) break;
    asked.set('cursor', nextCursor);
  }
  return { items, more: true };
}

export type ListFlags = FilterFlags & { limit: number; follow?: true };

export async function runList(
  flags: ListFlags,
  terminal: Terminal,
  around: { stopped: () => Promise<unknown>; everyMs: number } = { stopped: untilStopped, everyMs: 1_000 },
): Promise<void> {
  const query = filterQuery(flags);
  const { api, path } = await openTeam(flags);
  const { items, more } = await readList<CallAnswer>(api, `${path}/calls`, query, flags.limit);
  const show = (call: CallAnswer): void =>
    terminal.out(flags.json === true ? JSON.stringify(call) : renderCall(call, terminal));
  if (flags.follow === true) return follow(api, path, query, items, { flags, terminal, show, around });
  if (flags.json === true) return terminal.out(JSON.stringify(items));
  const nothing = `No call was found${flags.since === undefined ? ' in the last 24 hours; look further back with --since 7d' : ''}.`;
  if (items.length === 0) return terminal.err(nothing);
  terminal.out(renderCallHeadings(terminal));
  items.forEach(show);
  if (more)
    terminal.err(
      terminal.paint.dim(
        `There are more; see them with --limit, or --until ${items.at(-1)?.startedAt ?? 'an earlier time'}.`,
      ),
    );
}

async function follow(
  api: ApiClient,
  path: string,
  query: URLSearchParams,
  before: readonly CallAnswer[],
  {
    flags,
    terminal,
    show,
    around,
  }: {
    flags: ListFlags;
    terminal: Terminal;
    show: (call: CallAnswer) => void;
    around: { stopped: () => Promise<unknown>; everyMs: number };
  },
): Promise<void> {
  const controller = new AbortController();
  void around.stopped().then(() => controller.abort());
  const byEnd = choosesByEnd(flags);
  const reader: CallReader = {
    async since(time) {
      const asked = new URLSearchParams(query);
      asked.set('since', time);
      return (await readList<CallAnswer>(api, `${path}/calls`, asked, pageMost * pagesMost)).items;
    },
    one: (id) => api.request<CallAnswer>('GET', `${path}/calls/${encodeURIComponent(id)}`),
  };
  if (flags.json !== true) terminal.out(renderCallHeadings(terminal));
  before
    .filter(({ outcome }) => byEnd || outcome !== 'running')
    .toReversed()
    .forEach(show);
  const onTrouble = (why: string | null): void =>
    terminal.err(
      why === null
        ? terminal.paint.green('connected again')
        : terminal.paint.yellow(`${safeText(why, 'one line')}; trying again until it is back`),
    );
  const { signal } = controller;
  for await (const call of followCalls({ reader, known: before, byEnd, everyMs: around.everyMs, signal, onTrouble })) {
    show(call);
  }
}

export async function runShow(call: string, flags: CommonFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openTeam(flags);
  const found = await api.request<CallDetailAnswer>('GET', `${path}/calls/${encodeURIComponent(call)}`);
  if (flags.json === true) return terminal.out(JSON.stringify(found));
  for (const line of renderCallDetail(found, terminal)) terminal.out(line);
}

export async function runStatistics(flags: WindowFlags & { by: string }, terminal: Terminal): Promise<void> {
  const query = windowQuery(flags);
  query.set('groupBy', flags.by);
  const { api, path } = await openTeam(flags);
  const found = await api.request<StatisticsAnswer>('GET', `${path}/calls/stats?${query.toString()}`);
  if (flags.json === true) return terminal.out(JSON.stringify(found));
  for (const line of renderStatistics(found, flags.by, terminal)) terminal.out(line);
}

export async function runViolations(flags: WindowFlags & { limit: number }, terminal: Terminal): Promise<void> {
  const query = windowQuery(flags);
  const { api, path } = await openTeam(flags);
  const { items, more } = await readList<ViolationAnswer>(api, `${path}/calls/polling-violations`, query, flags.limit);
  if (flags.json === true) return terminal.out(JSON.stringify(items));
  if (items.length === 0)
    return terminal.err(`No polling violation${flags.since === undefined ? ' in the last 24 hours' : ''}.`);
  for (const line of items.flatMap((each) => renderViolation(each, terminal))) terminal.out(line);
  if (more) terminal.err(terminal.paint.dim('There are more; see them with --limit.'));
}
