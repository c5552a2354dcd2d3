import { renderFields } from '../sources/render-source.rules.ts';
import type { Paint } from '../terminal/paint.rules.ts';
import { readableDuration } from '../terminal/readable.rules.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import type { ApiProviderAnswer, ConnectionAnswer } from './connection-answers.ts';

type Look = { paint: Paint; width: number };

export const connectionHeadings = ['CONNECTION', 'PROVIDER', 'ENVIRONMENT', 'STATUS', 'USED IN 24 H', 'NAME'];

/** The cells of a list, under connectionHeadings. */
export function connectionCells(connection: ConnectionAnswer): string[] {
  const { id, provider, environment, status, credentials, name } = connection;
  const uses = credentials.reduce((sum, { usesLast24Hours }) => sum + usesLast24Hours, 0);
  return [id, provider, environment, status, String(uses), name].map((cell) => safeText(cell, 'one line'));
}

/** Everything that one looks for at a connection. */
export function renderConnection(connection: ConnectionAnswer, look: Look): string[] {
  const fields: [string, string][] = [
    ['connection', connection.id],
    ['url', connection.url],
    ['calls', connection.baseUrl ?? 'where the credentials say'],
    ['name', connection.name],
    ['provider', connection.provider],
    ['environment', connection.environment],
    ['status', connection.status],
    ['credentials', connection.credentials.map(renderCredential).join('\n')],
    ['options', pairsOf(connection.options) || 'none'],
    ['sources', connection.sources.join('\n') || 'none'],
    ['archive', connection.archive ? 'completed documents are kept' : 'no'],
    ...Object.entries(connection.policy).map(([part, values]): [string, string] => [part, pairsOf(values)]),
  ];
  return renderSafe(fields, look);
}

function renderCredential(credential: ConnectionAnswer['credentials'][number]): string {
  const { name, kind, expiresAt, expired, lastUsedAt, usesLast24Hours } = credential;
  const ends = expiresAt === null ? '' : `, ${expired ? 'expired' : 'expires'} ${expiresAt}`;
  const used = lastUsedAt === null ? 'never used' : `${usesLast24Hours} calls in 24 h, last ${lastUsedAt}`;
  return `${name} (${kind}${ends}): ${used}`;
}

function pairsOf(values: Record<string, unknown>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
}

/** How to set a connection to a provider up. */
export function renderApiProvider(provider: ApiProviderAnswer, look: Look): string[] {
  const { name, title, setup, environments, credentialKinds, options, pollingWindowMs } = provider;
  const fields: [string, string][] = [
    ['provider', `${name} (${title})`],
    ['setup', setup],
    ...(['sandbox', 'production'] as const).map((each): [string, string] => [each, describe(environments[each])]),
    ...credentialKinds.map((kind): [string, string] => [
      'kind',
      [
        kind.name,
        ...kind.fields.map((field) => {
          const marks = [...(field.required ? [] : ['optional']), ...(field.secret ? ['secret'] : [])];
          return `${field.name}${marks.length === 0 ? '' : ` (${marks.join(', ')})`}: ${field.description}`;
        }),
      ].join('\n'),
    ]),
    ...Object.entries(options).map(([option, spec]): [string, string] => [
      'option',
      `${option}: ${spec.description}${spec.choices === undefined ? '' : ` One of ${spec.choices.join(', ')}.`}`,
    ]),
    ['polling', pollingWindowMs === null ? 'not judged' : `the same call within ${readableDuration(pollingWindowMs)}`],
  ];
  return renderSafe(fields, look);
}

function describe({ baseUrl, budgets }: ApiProviderAnswer['environments']['sandbox']): string {
  const limits = budgets.map(({ name, limit, windowMs }) => `${name}: ${limit} calls in ${readableDuration(windowMs)}`);
  return [baseUrl ?? 'give --base-url, unless it is found with the credentials', ...limits].join('\n');
}

function renderSafe(fields: readonly [string, string][], look: Look): string[] {
  return renderFields(
    fields.map(([label, value]) => [label, safeText(value, 'lines')] as const),
    look,
  );
}
