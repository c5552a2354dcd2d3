import { safeText } from '../terminal/safe-text.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { type CommonFlags, openTeam } from './open-team.ts';
import { readSecrets, type SecretFlags } from './read-secrets.ts';
import { renderFields } from './render-source.rules.ts';
import type { ProviderAnswer, SourceAnswer } from './source-answers.ts';
import { findProvider, type SettingFlags, settingsOf, withRemedies } from './source-settings.ts';

export type NewSourceFlags = CommonFlags & SecretFlags & SettingFlags & { paused?: true };

/** Creates a source and says what to enter at the provider. */
export async function runCreate(
  provider: string,
  flags: NewSourceFlags,
  terminal: Terminal,
  stdin?: NodeJS.ReadableStream,
): Promise<void> {
  const secrets = await readSecrets(flags, stdin);
  const { api, path } = await openTeam(flags);
  let profile: Promise<ProviderAnswer | null> | undefined;
  const readProvider = () => (profile ??= findProvider(api, path, provider));
  const kind = flags.kind === undefined ? {} : { kind: flags.kind };
  const body = {
    provider,
    name: provider,
    ...(await settingsOf(flags, readProvider)),
    credentials: secrets.length === 0 ? [kind] : secrets.map((value) => ({ value, ...kind })),
    ...(flags.paused === true ? { status: 'paused' } : {}),
  };
  const created = await withRemedies(() => api.request<SourceAnswer>('POST', `${path}/sources`, body));
  if (flags.json === true) return terminal.out(JSON.stringify(created));
  sayCreated(created, (await readProvider())?.setup ?? null, terminal);
}

function sayCreated(source: SourceAnswer, setup: string | null, terminal: Terminal): void {
  const { paint } = terminal;
  const fields: [string, string][] = [
    ['created', source.id],
    ['url', source.url],
    ...generatedFields(source),
    ...(setup === null ? [] : [['next', setup] satisfies [string, string]]),
  ];
  const safe = fields.map(([label, value]): [string, string] => [label, safeText(value, 'lines')]);
  for (const line of renderFields(safe, terminal)) terminal.out(line);
  if (source.generated !== undefined) {
    const told = 'The secret is shown this once. The source has it already: enter it at the provider.';
    terminal.err(paint.yellow(told));
  }
}

/** Secrets that Posthorn made up, one line each. */
export function generatedFields({ generated = [] }: SourceAnswer): [string, string][] {
  return generated.map(({ name, value }) => ['secret', name === '1' ? value : `${value} (${name})`]);
}
