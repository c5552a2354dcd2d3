import { closestTo } from '../../filtering/suggestion.rules.ts';
import { CliFailure } from '../failure.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { type CommonFlags, openTeam } from './open-team.ts';
import { renderFields, renderTable } from './render-source.rules.ts';
import type { ProviderAnswer } from './source-answers.ts';

/** All of them in short, or one with what it takes. */
export async function runProviders(name: string | null, flags: CommonFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openTeam(flags);
  const { data } = await api.request<{ data: ProviderAnswer[] }>('GET', `${path}/providers`);
  if (name === null) {
    if (flags.json === true) return terminal.out(JSON.stringify(data));
    const rows = data.map((each) => [each.name, each.coverages.join(', '), each.title]);
    for (const line of renderTable(['PROVIDER', 'PROVES', 'TITLE'], rows, terminal)) terminal.out(line);
    return;
  }
  const found = data.find((each) => each.name === name);
  if (found === undefined) {
    const names = data.map((each) => each.name);
    const meant = closestTo(name, names);
    const remedy = meant === undefined ? `there are: ${names.join(', ')}` : `did you mean ${meant}?`;
    throw new CliFailure(`there is no provider ${name}`, remedy);
  }
  if (flags.json === true) return terminal.out(JSON.stringify(found));
  for (const line of renderProvider(found, terminal)) terminal.out(line);
}

function renderProvider(provider: ProviderAnswer, terminal: Terminal): string[] {
  const kinds = provider.credentialKinds.map(({ name, title, description, canBeGenerated }): [string, string] => {
    const made = canBeGenerated ? ' Posthorn makes one up when it is left out.' : '';
    return ['secret', `${name}: ${title}. ${description}${made}`];
  });
  const options = Object.entries(provider.options).map(([name, spec]): [string, string] => {
    const choices = spec.choices === undefined ? '' : ` One of ${spec.choices.join(', ')}.`;
    const range = spec.minimum === undefined ? '' : ` ${spec.minimum} to ${spec.maximum}.`;
    const usual = spec.default === '' ? '' : ` Otherwise ${String(spec.default)}.`;
    return ['option', `${name}: ${spec.description}${choices}${range}${usual}`];
  });
  const fields: [string, string][] = [
    ['provider', `${provider.name} (${provider.title})`],
    ['setup', provider.setup],
    ['proves', provider.coverages.join(', ')],
    ...kinds,
    ...options,
    ['events', provider.eventTypes.map(({ name }) => name).join('\n') || 'any'],
  ];
  return renderFields(
    fields.map(([label, value]) => [label, safeText(value, 'lines')] as const),
    terminal,
  );
}
