import { CliFailure } from '../failure.ts';
import { credentialsAfter } from '../sources/credentials-after.rules.ts';
import { type CommonFlags, openTeam } from '../sources/open-team.ts';
import { renderFields } from '../sources/render-source.rules.ts';
import { splitPair } from '../sources/source-settings.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { ConnectionAnswer } from './connection-answers.ts';
import { findApiProvider, type SettingFlags, settingsOf, withRemedies } from './connection-settings.ts';

export type ChangeFlags = CommonFlags &
  SettingFlags & { status?: string; remove?: readonly string[]; expire?: readonly string[] };

/** Changes what the flags name. Credentials are sent as the whole list that is wanted, made from the present one. */
export async function runChange(connection: string, flags: ChangeFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openTeam(flags);
  const at = `${path}/connections/${encodeURIComponent(connection)}`;
  let before: Promise<ConnectionAnswer> | undefined;
  const readBefore = () => (before ??= api.request<ConnectionAnswer>('GET', at));
  const settings = await settingsOf(flags, async () => findApiProvider(api, path, (await readBefore()).provider));
  const { remove = [], expire = [] } = flags;
  const credentials =
    remove.length + expire.length === 0 ? undefined : entriesAfter(await readBefore(), remove, expire);
  const change = {
    ...settings,
    ...(flags.status === undefined ? {} : { status: flags.status }),
    ...(credentials === undefined ? {} : { credentials }),
  };
  if (Object.keys(change).length === 0) {
    throw new CliFailure('nothing to change is given', 'see: posthorn connections change --help', 2);
  }
  const after = await withRemedies(() => api.request<ConnectionAnswer>('PATCH', at, change));
  if (flags.json === true) return terminal.out(JSON.stringify(after));
  for (const line of renderFields([['changed', after.id]], terminal)) terminal.out(line);
}

/** The present credentials as a request wants them, without some, and with other ends. */
export function entriesAfter(
  before: ConnectionAnswer,
  remove: readonly string[],
  expire: readonly string[],
): { name: string; expiresAt?: string | null }[] {
  const wanted = credentialsAfter({
    names: before.credentials.map(({ name }) => name),
    add: null,
    remove,
    expire: expire.map((pair) => splitPair(pair, '--expire', 'name=now')),
    nowMs: Date.now(),
  });
  if (wanted.ok) return wanted.credentials;
  throw new CliFailure(wanted.problem, wanted.remedy, 2);
}

export async function runDelete(connection: string, flags: CommonFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openTeam(flags);
  await api.request('DELETE', `${path}/connections/${encodeURIComponent(connection)}`);
  const said =
    flags.json === true ? JSON.stringify({ deleted: connection }) : `deleted  ${safeText(connection, 'one line')}`;
  terminal.out(said);
}
