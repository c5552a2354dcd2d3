import { CliFailure } from '../failure.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { generatedFields } from './create-source.ts';
import { type CredentialEntry, credentialsAfter } from './credentials-after.rules.ts';
import { type CommonFlags, openTeam } from './open-team.ts';
import { readSecrets, type SecretFlags } from './read-secrets.ts';
import { renderFields } from './render-source.rules.ts';
import type { SourceAnswer } from './source-answers.ts';
import { findProvider, type SettingFlags, settingsOf, splitPair, withRemedies } from './source-settings.ts';

export type ChangeFlags = CommonFlags &
  SecretFlags &
  SettingFlags & { add?: string; remove?: readonly string[]; expire?: readonly string[] };

/** Changes what the flags name. Credentials are sent as the whole list that is wanted, made from the present one. */
export async function runUpdate(
  source: string,
  flags: ChangeFlags,
  terminal: Terminal,
  stdin?: NodeJS.ReadableStream,
): Promise<void> {
  const secrets = await readSecrets(flags, stdin);
  if (secrets.length > 1) throw new CliFailure('several secrets are given', 'add one at a time', 2);
  if (secrets.length > 0 && flags.add === undefined) {
    throw new CliFailure('the secret has no name', 'name it: --add <name>; the name of an old one replaces it', 2);
  }
  const { api, path } = await openTeam(flags);
  const at = `${path}/sources/${encodeURIComponent(source)}`;
  let before: Promise<SourceAnswer> | undefined;
  const readBefore = () => (before ??= api.request<SourceAnswer>('GET', at));
  const settings = await settingsOf(flags, async () => findProvider(api, path, (await readBefore()).provider));
  const credentials = changesCredentials(flags) ? wantedCredentials(flags, secrets, await readBefore()) : undefined;
  const change = { ...settings, ...(credentials === undefined ? {} : { credentials }) };
  if (Object.keys(change).length === 0) {
    throw new CliFailure('nothing to change is given', 'see: posthorn sources update --help', 2);
  }
  const after = await withRemedies(() => api.request<SourceAnswer>('PATCH', at, change));
  sayChanged('updated', after, flags, terminal);
}

function changesCredentials({ add, remove, expire }: ChangeFlags): boolean {
  return add !== undefined || remove !== undefined || expire !== undefined;
}

function wantedCredentials(flags: ChangeFlags, [value]: string[], before: SourceAnswer): CredentialEntry[] {
  const expire = (flags.expire ?? []).map((pair) => splitPair(pair, '--expire', 'name=now'));
  const wanted = credentialsAfter({
    names: before.credentials.map(({ name }) => name),
    add: flags.add === undefined ? null : { name: flags.add, value, kind: flags.kind },
    remove: flags.remove ?? [],
    expire,
    nowMs: Date.now(),
  });
  if (wanted.ok) return wanted.credentials;
  throw new CliFailure(wanted.problem, wanted.remedy, 2);
}

export async function runStatus(
  source: string,
  status: 'active' | 'paused',
  flags: CommonFlags,
  terminal: Terminal,
): Promise<void> {
  const { api, path } = await openTeam(flags);
  const after = await api.request<SourceAnswer>('PATCH', `${path}/sources/${encodeURIComponent(source)}`, { status });
  sayChanged(status === 'active' ? 'resumed' : 'paused', after, flags, terminal);
}

export async function runDelete(source: string, flags: CommonFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openTeam(flags);
  await api.request('DELETE', `${path}/sources/${encodeURIComponent(source)}`);
  terminal.out(flags.json === true ? JSON.stringify({ deleted: source }) : `deleted  ${safeText(source, 'one line')}`);
}

function sayChanged(what: string, source: SourceAnswer, flags: CommonFlags, terminal: Terminal): void {
  if (flags.json === true) return terminal.out(JSON.stringify(source));
  const fields: [string, string][] = [[what, source.id], ...generatedFields(source)];
  for (const line of renderFields(fields, terminal)) terminal.out(line);
}
