import { CliFailure } from '../failure.ts';
import { type CommonFlags, openTeam } from '../sources/open-team.ts';
import { renderFields } from '../sources/render-source.rules.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { ApiProviderAnswer, ConnectionAnswer } from './connection-answers.ts';
import { findApiProvider, type SettingFlags, settingsOf, withRemedies } from './connection-settings.ts';
import { type CredentialFlags, ownInput, readFields } from './read-credential.ts';

export type NewConnectionFlags = CommonFlags &
  CredentialFlags &
  SettingFlags & { environment: 'sandbox' | 'production'; paused?: true };

/** Creates a connection and says what to call in place of the provider. */
export async function runCreate(
  provider: string,
  flags: NewConnectionFlags,
  terminal: Terminal,
  input = ownInput(),
): Promise<void> {
  const { api, path } = await openTeam(flags);
  let profile: Promise<ApiProviderAnswer | null> | undefined;
  const readProvider = () => (profile ??= findApiProvider(api, path, provider));
  const kind = flags.kind ?? onlyKind(provider, await readProvider());
  const settings = await settingsOf(flags, readProvider);
  const fields = await readFields(kind, flags, input);
  const body = {
    provider,
    environment: flags.environment,
    name: provider,
    ...settings,
    credentials: [{ kind, fields, ...(flags.credential === undefined ? {} : { name: flags.credential }) }],
    ...(flags.paused === true ? { status: 'paused' } : {}),
  };
  const created = await withRemedies(() => api.request<ConnectionAnswer>('POST', `${path}/connections`, body));
  if (flags.json === true) return terminal.out(JSON.stringify(created));
  for (const line of renderFields(createdFields(created), terminal)) terminal.out(line);
}

function onlyKind(name: string, provider: ApiProviderAnswer | null): string {
  const kinds = provider?.credentialKinds.map((each) => each.name) ?? [];
  const [only, ...others] = kinds;
  if (only !== undefined && others.length === 0) return only;
  if (only === undefined) {
    throw new CliFailure(`there is no provider ${name} that can be called`, 'see: posthorn connections providers', 2);
  }
  throw new CliFailure(`${name} takes several kinds of credentials`, `name one: --kind ${kinds.join(' | ')}`, 2);
}

function createdFields(connection: ConnectionAnswer): [string, string][] {
  const provider = connection.baseUrl ?? "the provider's base URL";
  const fields: [string, string][] = [
    ['created', connection.id],
    ['url', connection.url],
    ['next', `Call it in place of ${provider}, with an API key in place of the provider's credentials:`],
    ['', `curl -H "authorization: Bearer $POSTHORN_KEY" ${connection.url}/…`],
    ['', `A key for this connection alone holds the permission connections:call:${connection.id}.`],
  ];
  return fields.map(([label, value]) => [label, safeText(value, 'lines')]);
}
