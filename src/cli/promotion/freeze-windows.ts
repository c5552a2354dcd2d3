import type { ApiClient } from '../api/api-client.ts';
import { CliFailure } from '../failure.ts';
import { readDocument } from '../read-document.ts';
import { endOf } from '../review/waive-until.ts';
import { type CommonFlags, openTeam } from '../sources/open-team.ts';
import { renderTable } from '../sources/render-source.rules.ts';
import { counted } from '../terminal/readable.rules.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';

export type SetFlags = CommonFlags & { file: string };
export type AddFlags = CommonFlags & { from?: string; until: string; reason: string };

type Window = { from: string; until: string; reason: string };
type Team = { api: ApiClient; path: string };

/** When nothing is promoted; with --json as the file that set takes. */
export async function runShow(flags: CommonFlags, terminal: Terminal): Promise<void> {
  show(await read(await openTeam(flags)), flags, terminal);
}

/** Sets the whole list from a file. */
export async function runSet({ file, ...flags }: SetFlags, terminal: Terminal): Promise<void> {
  const remedy = 'begin with what posthorn promotions freeze-windows show --json prints';
  const document = await readDocument(file, { holds: 'freeze windows', remedy });
  const team = await openTeam(flags);
  show(await write(team, document), flags, terminal);
}

/** Adds one to those that there are. */
export async function runAdd({ from, until, reason, ...flags }: AddFlags, terminal: Terminal): Promise<void> {
  const nowMs = Date.now();
  const added = {
    from: from === undefined ? new Date(nowMs).toISOString() : endOf(from, nowMs, '--from'),
    until: endOf(until, nowMs),
    reason,
  };
  if (added.until <= added.from) {
    throw new CliFailure(`--until ${until} is not after --from`, `it begins at ${added.from}: name a later end`, 2);
  }
  const team = await openTeam(flags);
  const windows = [...(await read(team)), added].toSorted((one, other) => one.from.localeCompare(other.from));
  show(await write(team, { windows }), flags, terminal);
}

/** Takes away the one that begins at a time. */
export async function runRemove(from: string, flags: CommonFlags, terminal: Terminal): Promise<void> {
  const team = await openTeam(flags);
  const before = await read(team);
  const windows = before.filter((each) => Date.parse(each.from) !== Date.parse(from));
  if (windows.length === before.length) {
    throw new CliFailure(
      `no freeze window begins at ${from}`,
      'take a FROM of posthorn promotions freeze-windows show',
      2,
    );
  }
  show(await write(team, { windows }), flags, terminal);
}

async function read({ api, path }: Team): Promise<Window[]> {
  return (await api.request<{ windows: Window[] }>('GET', `${path}/freeze-windows`)).windows;
}

async function write({ api, path }: Team, body: object): Promise<Window[]> {
  return (await api.request<{ windows: Window[] }>('PUT', `${path}/freeze-windows`, body)).windows;
}

function show(windows: readonly Window[], flags: CommonFlags, terminal: Terminal): void {
  if (flags.json === true) return terminal.out(JSON.stringify({ windows }));
  if (windows.length === 0) return terminal.err('There is no freeze window: promotions are not held up by any.');
  const nowMs = Date.now();
  const rows = windows.map(({ from, until, reason }) => [from, until, stateOf(from, until, nowMs), reason]);
  const safe = rows.map((row) => row.map((cell) => safeText(cell, 'one line')));
  for (const line of renderTable(['FROM', 'UNTIL', 'STATE', 'REASON'], safe, terminal)) terminal.out(line);
  const open = rows.filter(([, , state]) => state === 'open').length;
  if (open > 0) terminal.err(`Nothing is promoted now but by an owner's --override: ${counted(open, 'window')} open.`);
}

function stateOf(from: string, until: string, nowMs: number): string {
  if (nowMs < Date.parse(from)) return 'ahead';
  return nowMs < Date.parse(until) ? 'open' : 'over';
}
