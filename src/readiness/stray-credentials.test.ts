import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ConnectionConfig, CredentialField } from '../connections/connection-config.ts';
import { judgeStored } from './collectors/security/connection.credential.only-in-store.rules.ts';
import { createStrayCredentials } from './stray-credentials.ts';

const secret = 'api_8f1c2e07b6d94a53';
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'posthorn-stray-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function look(field: CredentialField, around: { environment?: Record<string, string>; arguments?: string[] } = {}) {
  const connection = { credentials: [{ name: 'first', kind: 'bearer', fields: { token: field } }] };
  return createStrayCredentials({
    find: () => connection as unknown as ConnectionConfig,
    surroundings: () => ({ environment: {}, arguments: [], workingFolder: folder, ...around }),
  })('con_1');
}

test('a credential that lies in none of them is found nowhere', () => {
  const around = { environment: { TOKEN: 'api_another', EMPTY: '' }, arguments: ['--port', '8420'] };
  expect(look({ value: secret }, around)).toEqual({ found: [], unread: 0 });
});

test('it is found in variables, arguments, .env files and the settings, and never quoted', () => {
  const settings = join(folder, 'posthorn.json');
  writeFileSync(join(folder, '.env.production'), `DOCUMENSO=${secret}\n`);
  writeFileSync(settings, JSON.stringify({ x: secret }));
  const environment = {
    OLD: `Bearer ${secret}`,
    PACKED: Buffer.from(secret).toString('base64'),
    POSTHORN_CONFIG: settings,
  };
  const { found } = look({ value: secret }, { environment, arguments: [`--token=${secret}`] });
  expect(found.map(({ place }) => place)).toEqual([
    'the variable OLD',
    'the variable PACKED',
    'the arguments of the process',
    'the file .env.production',
    'the file that POSTHORN_CONFIG names',
  ]);
  expect(JSON.stringify(found)).not.toContain(secret);
});

test('the variable that a credential refers to is its place, another with the same value is not', () => {
  const environment = { HERE: secret, THERE: secret };
  expect(look({ fromEnv: 'HERE' }, { environment }).found).toEqual([
    { credential: 'first', place: 'the variable THERE' },
  ]);
});

test('what a file or a command gives is said not to be looked for', () => {
  expect(look({ fromFile: '/run/secrets/token' }).unread).toBe(1);
  expect(look({ fromCommand: ['vault', 'read'] }).unread).toBe(1);
});

const facts = { environment: 'production', credentials: 1, strays: [], unread: 0, called: true, brought: [] } as const;

test('it passes only where the application called, and nothing was found', () => {
  expect(judgeStored(facts).state).toBe('passed');
  expect(judgeStored({ ...facts, called: false }).state).toBe('unknown');
  expect(judgeStored({ ...facts, credentials: 0 }).state).toBe('unknown');
  expect(judgeStored({ ...facts, environment: 'sandbox' }).state).toBe('not-applicable');
  expect(judgeStored({ ...facts, strays: [{ credential: 'a', place: 'the file .env' }] }).state).toBe('failed');
  for (const kind of ['own', 'other'] as const) {
    expect(judgeStored({ ...facts, brought: [{ kind, calls: 1, lastCallId: 'call_1' }] }).state).toBe('failed');
  }
});
