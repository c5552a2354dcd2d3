import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Authorization } from '../../src/authorization/authorizer.ts';
import {
  authorizeMany,
  connectionOf,
  credentialErrorOf,
  credentialOf,
  openAuthorizer,
  planted,
} from './authorizer-stand.ts';

function bearer(id: string, token: string, expiresAtMs: number | null = null) {
  return credentialOf('bearer', { token }, { id, name: id, expiresAtMs });
}

function temporaryFile(content: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-choosing-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'secret'), content);
  return join(folder, 'secret');
}

it('what has to be fetched from nowhere is there at once, and the same each time', () => {
  const { authorizer } = openAuthorizer({ env: { API_KEY: 'from-env' } });
  const once = (connection: ReturnType<typeof connectionOf>): Authorization => {
    const first = authorizer.authorize(connection);
    if (first instanceof Promise) throw new Error('it has to be waited for');
    expect(authorizer.authorize(connection)).toBe(first);
    return first;
  };
  expect(once(connectionOf([bearer('ccr_1', 'abc')]))).toEqual({
    credentialId: 'ccr_1',
    kind: 'bearer',
    headers: ['authorization', 'Bearer abc'],
    baseUrl: null,
  });
  expect(
    once(connectionOf([credentialOf('header', { name: 'X-API-Key', value: { fromEnv: 'API_KEY' } })])).headers,
  ).toEqual(['x-api-key', 'from-env']);
  expect(once(connectionOf([credentialOf('header', { name: 'Authorization', value: 'api_1' })])).headers).toEqual([
    'authorization',
    'api_1',
  ]);
  expect(
    once(connectionOf([credentialOf('basic', { username: 'Jürgen', password: { fromFile: temporaryFile('pä\n') } })]))
      .headers,
  ).toEqual(['authorization', `Basic ${Buffer.from('Jürgen:pä').toString('base64')}`]);
});

it('the newest is used until it expires, and the others when the provider refuses it, each once', async () => {
  const { authorizer, clock, told } = openAuthorizer();
  const connection = connectionOf([
    bearer('new', 'new-token', clock.at + 1_000),
    bearer('gone', 'gone-token', clock.at - 1),
    bearer('old', 'old-token'),
  ]);
  const first = await authorizer.authorize(connection);
  expect(first.credentialId).toBe('new');
  expect(authorizer.refused(connection, first)).toBe('other');
  expect(authorizer.refused(connection, first)).toBe('other');
  // Once a minute, since no caller hears of it.
  expect(told.map(({ error, connection: about }) => [error.message, about?.connectionId])).toEqual([
    [expect.stringMatching(/^credential "\w+" of con_1: the provider refused it, and the next one is used/), 'con_1'],
  ]);
  const second = await authorizer.authorize(connection, { except: new Set(['new']) });
  expect(second.credentialId).toBe('old');
  expect(authorizer.refused(connection, second)).toBe('none');
  expect(told).toHaveLength(1);
  clock.at += 1_000;
  expect((await authorizer.authorize(connection)).credentialId).toBe('old');
});

it('a connection without a credential that could be used says which of the reasons it is', async () => {
  const { authorizer, clock } = openAuthorizer();
  const [expired, good] = [bearer('a', 'a', clock.at), bearer('b', 'b')];
  const error = (credentials: Parameters<typeof connectionOf>[0], except: string[] = []) =>
    credentialErrorOf(() => authorizer.authorize(connectionOf(credentials), { except: new Set(except) }));
  expect(await error([])).toMatchObject({ code: 'unusable', message: expect.stringMatching(/no credential; add one/) });
  expect(await error([expired])).toMatchObject({
    code: 'unusable',
    message: expect.stringMatching(/has expired; add/),
  });
  expect(await error([expired, good], ['b'])).toMatchObject({ code: 'rejected' });
});

it('a reference that was refused is tried again only when it gives something else', async () => {
  const { authorizer } = openAuthorizer();
  const file = temporaryFile('one');
  const connection = connectionOf([credentialOf('bearer', { token: { fromFile: file } }), bearer('ccr_2', 'spare')]);
  const first = await authorizer.authorize(connection);
  expect(authorizer.refused(connection, first)).toBe('other');
  writeFileSync(file, 'two');
  expect(authorizer.refused(connection, first)).toBe('refresh');
  expect((await authorizer.authorize(connection)).headers[1]).toBe('Bearer two');
});

it('a command that was refused is run again once', async () => {
  const { authorizer } = openAuthorizer();
  const file = temporaryFile('one');
  const connection = connectionOf([credentialOf('bearer', { token: { fromCommand: ['cat', file] } })]);
  const first = await authorizer.authorize(connection);
  expect(authorizer.refused(connection, first)).toBe('refresh');
  const again = await authorizeMany(authorizer, connection, 2);
  expect(again.map(({ headers }) => headers[1])).toEqual(['Bearer one', 'Bearer one']);
  expect(authorizer.refused(connection, first)).toBe('none');
});

it('one that cannot be used is passed over, and told of once a minute', async () => {
  const { authorizer, clock, told } = openAuthorizer();
  const file = join(temporaryFile(planted), 'absent');
  const connection = connectionOf([
    credentialOf('bearer', { token: { fromFile: file } }, { name: 'next' }),
    bearer('ccr_2', 'spare'),
  ]);
  for (let count = 0; count < 5; count += 1) {
    expect((await authorizer.authorize(connection)).credentialId).toBe('ccr_2');
  }
  expect(told).toMatchObject([
    {
      error: {
        code: 'unusable',
        message: expect.stringMatching(/^credential "next", field token: the file .*ENOTDIR/),
      },
      connection: { teamId: 'team_1', connectionId: 'con_1' },
    },
  ]);
  clock.at += 60_000;
  await authorizer.authorize(connection);
  expect(told).toHaveLength(2);
});

it('when none can be used, the first is the one that is told of', async () => {
  const { authorizer } = openAuthorizer();
  const connection = connectionOf([
    credentialOf('bearer', { token: { fromEnv: 'POSTHORN_TEST_ABSENT_ONE' } }, { name: 'first' }),
    credentialOf('bearer', { token: { fromCommand: ['false'] } }, { id: 'ccr_2', name: 'second' }),
  ]);
  expect(await credentialErrorOf(() => authorizer.authorize(connection))).toMatchObject({
    code: 'unusable',
    message: expect.stringMatching(
      /^credential "first", field token: the environment variable POSTHORN_TEST_ABSENT_ONE/,
    ),
  });
});

it.each([
  ['a token with a line break', credentialOf('bearer', { token: `${planted}\r\nx: y` })],
  ['a header that belongs to the connection', credentialOf('header', { name: 'Host', value: planted })],
  ['a header value with a line break', credentialOf('header', { name: 'x-api-key', value: `${planted}\n` })],
  ['a user name with a colon', credentialOf('basic', { username: `${planted}:`, password: planted })],
  ['a missing field', credentialOf('bearer', { other: planted })],
  ['a command that fails', credentialOf('bearer', { token: { fromCommand: ['sh', '-c', `echo ${planted}; exit 1`] } })],
])('%s is refused in words that show nothing of it', async (_about, credential) => {
  const { authorizer } = openAuthorizer();
  const error = await credentialErrorOf(() => authorizer.authorize(connectionOf([credential])));
  expect(error.code).toBe('unusable');
  expect(error.message).toMatch(/^credential "main"/);
});
