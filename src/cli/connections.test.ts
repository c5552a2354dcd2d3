import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { TestApi } from '../../tests/support/configuration-api.ts';
import { createConnectionsStand } from '../../tests/support/connections-stand.ts';
import { screen, typed } from '../../tests/support/screen.ts';
import { uuidFromId } from '../ids/id.rules.ts';
import { type NewConnectionFlags, runCreate } from './connections/create-connection.ts';
import type { SecretInput } from './connections/read-credential.ts';
import { type RotateFlags, runRotate } from './connections/rotate-credential.ts';
import { visibleWidth } from './terminal/layout.rules.ts';

const stand = createConnectionsStand();
const { config, tokens } = stand;
const secret = 'api_planted-in-the-terminal';
let api: TestApi;
let team: string;
let url: string;

beforeAll(async () => {
  api = await stand.open();
  url = await api.app.listen({ port: 0, host: '127.0.0.1' });
});
beforeEach(async () => {
  ({ team } = await stand.newTeam());
});
afterAll(() => stand.close());

/** Runs the verb as the command line does. */
const connections = (args: string[], width?: number) =>
  typed(['connections', ...args, '--url', url, '--key', api.operatorKey, '--team', team], width);
const common = () => ({ url, key: api.operatorKey, team });
const piped = (text: string): SecretInput => {
  return { stdin: Readable.from([text]), isTerminal: false, say: () => undefined };
};
async function secretFile(content: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-secret-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'secret');
  await writeFile(path, content);
  return path;
}
async function createdId(...args: string[]): Promise<string> {
  const file = await secretFile(`${secret}\n`);
  const given = ['create', 'documenso', '-e', 'production', '--secret-file', file, '--json', ...args];
  return (JSON.parse((await connections(given)).text) as { id: string }).id;
}
async function create(flags: Partial<NewConnectionFlags>, input: SecretInput, provider = 'documenso') {
  const { out, terminal } = screen();
  await runCreate(provider, { ...common(), environment: 'production', json: true, ...flags }, terminal, input);
  return JSON.parse(out.join('')) as { id: string };
}

describe('posthorn connections create', () => {
  test('says what to call in place of the provider, and with which key', async () => {
    const file = await secretFile(`${secret}\n`);
    const { out, text } = await connections(
      ['create', 'documenso', '-e', 'production', '--secret-file', file, '--name', 'Contracts'],
      200,
    );
    const id = /con_\w+/.exec(text)?.[0] ?? '';
    expect(out).toEqual([
      `created  ${id}`,
      `url      https://posthorn.test/egress/${id}`,
      "next     Call it in place of https://app.documenso.com, with an API key in place of the provider's credentials:",
      `         curl -H "authorization: Bearer $POSTHORN_KEY" https://posthorn.test/egress/${id}/…`,
      `         A key for this connection alone holds the permission connections:call:${id}.`,
    ]);
    expect(await tokens(id)).toEqual([{ value: secret }]);
    expect(await config(id)).toMatchObject({ name: 'Contracts', environment: 'production', status: 'active' });
  });

  test('sets every setting that it has a flag for', async () => {
    const body = { provider: 'documenso', name: 'Contracts', credentials: [{ value: 'a secret' }] };
    const source = ((await api.call('POST', `/v1/teams/${team}/sources`, { body })).body as { id: string }).id;
    const flags =
      `--base-url https://sign.example.com --self-hosted --policy timeouts.totalMs=60000 -p polling.mode=refuse ` +
      `-p retries.most=0 --source ${source} --archive --paused --credential 2026-12`;
    const id = await createdId(...flags.split(' '));
    expect(await config(id)).toMatchObject({
      name: 'documenso',
      baseUrl: 'https://sign.example.com',
      status: 'paused',
      archive: true,
      sourceIds: [source],
      policy: { timeouts: { totalMs: 60_000, idleMs: 60_000 }, polling: { mode: 'refuse' }, retries: { most: 0 } },
      credentials: [{ name: '2026-12' }],
    });
  });

  test('reads the secret from a pipe, or asks for it without showing it', async () => {
    expect(await tokens((await create({}, piped(`${secret}\r\n`))).id)).toEqual([{ value: secret }]);
    const stdin = new PassThrough();
    const said: string[] = [];
    const asked = create({}, { stdin, isTerminal: true, say: (text) => void said.push(text) });
    stdin.write(`${secret}\n`);
    expect(await tokens((await asked).id)).toEqual([{ value: secret }]);
    expect(said.join('')).toBe('token (not shown): \n');
    const away = new PassThrough();
    const unanswered = create({}, { stdin: away, isTerminal: true, say: () => undefined });
    away.end();
    await expect(unanswered).rejects.toMatchObject({ what: 'no secret was given', exitCode: 2 });
  });

  test('takes no secret as an argument, and says where to put it instead', async () => {
    const cases: [Partial<NewConnectionFlags>, string][] = [
      [{ field: [`token=${secret}`] }, 'would show the secret'],
      [{ secretFile: '/absent' }, '/absent cannot be read (ENOENT)'],
      [{ field: ['token'] }, '--field token has no value'],
      [{ secretFile: '-', fromEnv: ['token=A'] }, 'token is given twice'],
      [{ kind: 'cookie' }, 'there is no kind of credential cookie'],
      [{ fromCommand: ['token=[vault'] }, '--from-command is no JSON array'],
    ];
    for (const [flags, what] of cases) {
      const refused = create(flags, piped(secret));
      await expect(refused, what).rejects.toMatchObject({ what: expect.stringContaining(what) });
      await expect(refused, what).rejects.not.toMatchObject({ what: expect.stringContaining(secret) });
    }
    await expect(create({}, piped('\n'))).rejects.toMatchObject({ what: 'the secret (token) is empty', exitCode: 2 });
    const key = create({ kind: 'docusign-jwt' }, { ...piped(''), isTerminal: true }, 'docusign');
    await expect(key).rejects.toMatchObject({ remedy: 'name its file: --secret-file' });
  });

  test('sends the fields of every kind, and where Posthorn reads what is not handed over', async () => {
    const oauth = {
      kind: 'oauth-client-credentials',
      baseUrl: 'https://api.example.com',
      field: ['tokenUrl=https://login.example.com/token', 'clientId=id=1', 'scope=read write'],
    };
    const one = await create(oauth, piped(secret), 'generic');
    expect((await config(one.id)).credentials[0]?.fields).toEqual({
      tokenUrl: { value: 'https://login.example.com/token' },
      clientId: { value: 'id=1' },
      scope: { value: 'read write' },
      clientSecret: { value: secret },
    });
    for (const [flags, field] of [
      [{ fromFile: ['token=/run/secrets/token'] }, { fromFile: '/run/secrets/token' }],
      [{ fromEnv: ['token=DOCUMENSO_TOKEN'] }, { fromEnv: 'DOCUMENSO_TOKEN' }],
      [{ fromCommand: ['token=vault  read -field=token x'] }, { fromCommand: ['vault', 'read', '-field=token', 'x'] }],
      [{ fromCommand: ['token=["a b","c"]'] }, { fromCommand: ['a b', 'c'] }],
    ] as const) {
      expect(await tokens((await create(flags, piped(''))).id)).toEqual([field]);
    }
  });

  test('names the flag that helps', async () => {
    const file = await secretFile(secret);
    const args = (provider: string, ...more: string[]) => ['create', provider, '--secret-file', file, ...more];
    const cases: [string[], string, string][] = [
      [args('documensa', '-e', 'sandbox'), 'there is no provider documensa', 'see: posthorn connections providers'],
      [args('docusign', '-e', 'sandbox'), 'docusign takes several kinds', 'name one: --kind docusign-jwt | bearer'],
      [args('documenso', '-e', 'sandbox'), '/baseUrl is missing', 'change --base-url or --environment'],
      [
        args('documenso', '-e', 'sandbox', '--base-url', 'https://x.example'),
        'no host of Documenso',
        'write --self-hosted',
      ],
      [
        args('documenso', '-e', 'production', '-p', 'timeouts=1'),
        'names no value',
        'write --policy timeouts.totalMs=60000',
      ],
    ];
    for (const [given, what, remedy] of cases) {
      await expect(connections(given), what).rejects.toMatchObject({ what: expect.stringContaining(what), remedy });
    }
  });
});

describe('posthorn connections rotate', () => {
  async function rotate(id: string, flags: Partial<RotateFlags>, text = `${secret}-2`): Promise<string> {
    const { out, terminal } = screen(200);
    await runRotate(id, { ...common(), ...flags }, terminal, piped(text));
    return out.join('\n');
  }

  test('puts a new credential first, keeps the old one, and says how to end it', async () => {
    const id = await createdId('--credential', 'first');
    const said = await rotate(id, { credential: 'second' });
    expect(said.split('\n')).toEqual([
      `rotated  ${id}`,
      'used     second, from now on',
      'kept     first, for when the provider refuses the new one',
      'next     See that nothing uses what is old any more, then remove it here and at the provider:',
      `         posthorn connections show ${id}`,
      `         posthorn connections change ${id} --remove 'first'`,
    ]);
    expect(await tokens(id)).toEqual([{ value: `${secret}-2` }, { value: secret }]);
    await connections(['change', id, '--remove', 'first']);
    expect(await tokens(id)).toEqual([{ value: `${secret}-2` }]);
  });

  test('names the new one after the day, and ends the old ones when that is asked for', async () => {
    const id = await createdId();
    await rotate(id, { expireOld: '24h' });
    await rotate(id, {});
    const day = new Date().toISOString().slice(0, 10);
    const { credentials } = await config(id);
    expect(credentials.map(({ name }) => name)).toEqual([`${day}-2`, day, '1']);
    expect(credentials.map(({ expiresAtMs }) => expiresAtMs !== null)).toEqual([false, false, true]);
    await expect(rotate(id, { credential: day })).rejects.toMatchObject({
      what: `there is a credential ${day} already`,
    });
  });

  test('names its own option when the end of the old ones is no time', async () => {
    const id = await createdId();
    for (const expireOld of ['1s', 'never', 'soon']) {
      await expect(rotate(id, { expireOld })).rejects.toMatchObject({
        what: `--expire-old ${expireOld} is no time`,
      });
    }
  });
});

describe('posthorn connections change and delete', () => {
  test('change what is named and leave alone the rest', async () => {
    const id = await createdId('--archive', '-p', 'retries.most=0', '-p', 'cache.maxBytes=0');
    const { out } = await connections(['change', id, '--name', 'Renamed', '--status', 'paused']);
    expect(out).toEqual([`changed  ${id}`]);
    expect(await config(id)).toMatchObject({ name: 'Renamed', status: 'paused', archive: true });
    await connections(['change', id, '--no-archive', '-p', 'retries.most=default', '-p', 'cache=default']);
    expect(await config(id)).toMatchObject({
      archive: false,
      policy: { retries: { most: 2 }, cache: { maxBytes: 67_108_864 } },
    });
    await expect(connections(['change', id])).rejects.toMatchObject({ what: 'nothing to change is given' });
    await expect(connections(['change', id, '--remove', '2'])).rejects.toMatchObject({
      what: 'there is no credential 2',
    });
    expect((await connections(['delete', id])).out).toEqual([`deleted  ${id}`]);
    await expect(connections(['show', id])).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('posthorn connections list, show and providers', () => {
  test('list what there is in a table', async () => {
    expect((await connections(['list'])).err).toEqual([expect.stringContaining('There is no connection yet')]);
    const id = await createdId('--name', 'Contracts \u202Edlo');
    expect((await connections(['list'], 120)).out).toEqual([
      'CONNECTION                      PROVIDER   ENVIRONMENT  STATUS  USED IN 24 H  NAME',
      `${id}  documenso  production   active  0             Contracts \\u{202e}dlo`,
    ]);
    expect(JSON.parse((await connections(['list', '--json'])).text)).toMatchObject([{ id }]);
  });

  test('show one with its policy and how its credentials are used, in any width', async () => {
    const id = await createdId();
    await api.database.pool.query(
      `INSERT INTO connection_credential_use
         SELECT team_id, connection_id, id, to_timestamp($2), 1042, to_timestamp($2) FROM connection_credential
           WHERE connection_id = $1`,
      [uuidFromId(id), stand.now() / 1000],
    );
    const { text } = await connections(['show', id], 200);
    const at = new Date(stand.now()).toISOString();
    for (const line of [
      `url          https://posthorn.test/egress/${id}`,
      'calls        https://app.documenso.com',
      'environment  production',
      `credentials  1 (bearer): 1042 calls in 24 h, last ${at}`,
      'timeouts     firstByteMs=30000 idleMs=60000 totalMs=300000',
      'polling      mode=observe windowMs=null',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    expect(text).not.toContain(secret);
    const narrow = await connections(['show', id], 48);
    expect(Math.max(...narrow.out.filter((line) => !line.includes('https:')).map(visibleWidth))).toBeLessThanOrEqual(
      48,
    );
  });

  test('list the providers, and show how to set one up', async () => {
    const { out } = await connections(['providers']);
    expect(out[0]).toMatch(/^PROVIDER +CREDENTIALS +TITLE$/);
    expect(out.some((line) => /^documenso +bearer +Documenso$/.test(line))).toBe(true);
    const one = await connections(['providers', 'docusign'], 60);
    expect(one.text).toContain('privateKey (secret)');
    expect(one.text).toContain('hourly: 3000 calls in 60 min');
    expect(Math.max(...one.out.map(visibleWidth))).toBeLessThanOrEqual(60);
    await expect(connections(['providers', 'docusing'])).rejects.toMatchObject({
      what: 'there is no provider docusing',
    });
  });
});
