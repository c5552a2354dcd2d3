import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CredentialErrorCode } from '../../src/authorization/authorizer.ts';
import { credentialFields } from '../../src/connections/credential-kinds.rules.ts';
import { blockOf, pageAt, tableRows } from '../docs/pages.ts';
import type { TestApi } from '../support/configuration-api.ts';
import { createConnectionsStand } from '../support/connections-stand.ts';

const page = pageAt('docs/credentials.md');
const stand = createConnectionsStand();
let api: TestApi;

beforeAll(async () => {
  api = await stand.open();
  await stand.newTeam();
});
afterAll(() => stand.close());

it('has every kind with its fields', () => {
  const rows = tableRows(page, 'kind').map(([kind = '', fields = '']) => [kind, fields.match(/\w+/g)]);
  expect(Object.fromEntries(rows)).toEqual(
    Object.fromEntries(Object.entries(credentialFields).map(([kind, fields]) => [kind, Object.keys(fields)])),
  );
});

it('has every reference, and every reason', () => {
  const reasons: Record<CredentialErrorCode, true> = {
    consent_required: true,
    rejected: true,
    unusable: true,
    unreachable: true,
  };
  expect(tableRows(page, 'reason').map(([reason]) => reason)).toEqual(Object.keys(reasons));
  expect(tableRows(page, 'reference').map(([name]) => name)).toEqual(['fromFile', 'fromEnv', 'fromCommand']);
});

it('shows the consent address as it is made', () => {
  expect(blockOf(page, 'text', '')).toMatch(
    /^https:\/\/account-d\.docusign\.com\/oauth\/auth\?response_type=code&scope=signature%20impersonation&client_id=…&redirect_uri=REDIRECT_URI\n$/,
  );
});

const examples = page.blocks.flatMap(({ role, text }) => {
  const [, provider] = /^credential (\w+)$/.exec(role) ?? [];
  return provider === undefined ? [] : [{ provider, text }];
});

describe('its examples', () => {
  it('show every kind', () => {
    const kinds = examples.map(({ text }) => (JSON.parse(text) as { kind: string }).kind);
    expect(new Set(kinds)).toEqual(new Set(Object.keys(credentialFields)));
  });

  it.each(examples)('are taken as they are written: $provider $text', async ({ provider, text }) => {
    const ofProvider: Record<string, object> = {
      documenso: { environment: 'production' },
      generic: { environment: 'production', baseUrl: 'https://api.example.com', selfHosted: true },
    };
    const answer = await stand.create({
      provider,
      environment: 'sandbox',
      ...ofProvider[provider],
      credentials: [JSON.parse(text)],
    });
    expect(answer.status, answer.text).toBe(201);
    expect(api.logged.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
