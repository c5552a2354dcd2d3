import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { freePort, isOnThisMachine } from '../docs/shell.ts';
import { posthornForTest, receiverForTest } from '../faults/stand.ts';
import { type Api, createApi, makeTeam } from '../support/api.ts';
import { killDatabaseOf, operatorKey, type PosthornProcess, startPosthorn } from '../support/posthorn-process.ts';
import { until } from '../support/until.ts';
import { folderForTest } from './listening-stand.ts';

const root = join(import.meta.dirname, '../..');
const types = ['invoice.paid'];

type Program = {
  text(): string;
  type(keys: string): void;
  end(signal: NodeJS.Signals): Promise<number | null>;
  ended: Promise<number | null>;
};

/** `posthorn listen` in a process of its own; on a terminal of its own when one is asked for. Ends with the test. */
function startListen(args: string[], options: { settingsFolder: string; terminal?: boolean }): Program {
  const command = [process.execPath, 'src/cli/posthorn.ts', 'listen', ...args];
  const [program = '', ...rest] =
    options.terminal === true
      ? ['script', '-qec', `stty cols 110; exec ${command.map((part) => `'${part}'`).join(' ')}`, '/dev/null']
      : command;
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(POSTHORN_|PORT$|NODE_OPTIONS$|VITEST|NODE_ENV$)/.test(name),
  );
  const child = spawn(program, rest, {
    cwd: root,
    env: {
      ...Object.fromEntries(kept),
      POSTHORN_KEY: operatorKey,
      XDG_CONFIG_HOME: options.settingsFolder,
      NO_COLOR: '1',
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
  }
  child.stdin.on('error', () => undefined);
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    text: () => text,
    type: (keys) => void child.stdin.write(keys),
    end(signal) {
      child.kill(signal);
      return ended;
    },
    ended,
  };
}
const said = (program: Program, what: string | RegExp): Promise<unknown> =>
  until(`it to say ${what}`, () =>
    typeof what === 'string' ? program.text().includes(what) : what.test(program.text()),
  ).catch((error: unknown) => {
    throw new Error(program.text(), { cause: error });
  });
const postTo =
  (api: Api, team: string) =>
  async (payload: unknown): Promise<string> =>
    (await api.call<{ id: string }>('POST', `/v1/teams/${team}/events`, { type: 'invoice.paid', payload })).id;

describe('posthorn listen beside a Posthorn', () => {
  let posthorn: PosthornProcess;
  let folder: string;
  let api: Api;
  let team: string;
  let settingsFolder: string;
  let post: (payload: unknown) => Promise<string>;

  beforeAll(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'posthorn-listen-')));
    // Run by root, the database has another user, who must be able to pass through.
    await chmod(folder, 0o711);
    posthorn = await startPosthorn({ dataFolder: join(folder, 'data') });
    api = createApi(() => posthorn.url);
  });
  beforeEach(async () => {
    ({ teamId: team } = await makeTeam(api, { types, endpoints: [] }));
    settingsFolder = await folderForTest();
    post = postTo(api, team);
  });
  afterAll(async () => {
    await posthorn.end('SIGTERM');
    await killDatabaseOf(join(folder, 'data'));
    await rm(folder, { recursive: true, force: true });
  });

  const listen = (args: string[], more: { terminal?: boolean } = {}): Program =>
    startListen(['--url', posthorn.url, '--team', team, ...args], { settingsFolder, ...more });

  test('forwards what is accepted within a moment, each event once, under one secret over all runs', async () => {
    const receiver = await receiverForTest();
    const ids: string[] = [];
    const secrets = new Set<string>();
    for (const run of [1, 2]) {
      const program = listen(['--forward', receiver.url('hook')]);
      await said(program, 'TIME');
      secrets.add(/signed with (\S+)/.exec(program.text())?.[1] ?? '');
      const sentAtMs = performance.now();
      ids.push(await post({ run }));
      await until('the event', () => receiver.receptions.length === run);
      // The feed's readers wait for three seconds.
      expect(performance.now() - sentAtMs).toBeLessThan(2_000);
      await said(program, / 200 /);
      expect(await program.end('SIGINT')).toBe(0);
      expect(program.text()).toContain('1 event; 1 request: 1 succeeded, 0 failed.');
    }
    expect(receiver.receptions.map(({ eventId }) => eventId)).toEqual(ids);
    const [secret = ''] = secrets;
    expect(secrets.size).toBe(1);
    for (const { body, headers } of receiver.receptions) {
      new Webhook(secret).verify(body, headers as Record<string, string>);
    }
    expect(await readdir(join(settingsFolder, 'posthorn', 'listen'))).toHaveLength(1);
  });

  test('of an endpoint forwards what the endpoint gets, and nothing else', async () => {
    const receiver = await receiverForTest();
    const endpoint = await api.call<{ id: string }>('POST', `/v1/teams/${team}/endpoints`, {
      url: receiver.url('endpoint'),
      eventTypes: types,
      filter: { amount: { $gte: 100 } },
    });
    const program = listen(['--endpoint', endpoint.id, '--forward', receiver.url('mine')]);
    await said(program, 'TIME');
    await post({ amount: 99 });
    const wanted = await post({ amount: 100 });
    await until('both', () => receiver.of('mine').length > 0 && receiver.of('endpoint').length > 0);
    expect(receiver.of('mine').map(({ eventId }) => eventId)).toEqual([wanted]);
    const [mine, delivered] = [receiver.of('mine')[0], receiver.of('endpoint')[0]];
    expect(mine?.body).toBe(delivered?.body);
    const names = (headers: object | undefined): string[] =>
      Object.keys(headers ?? {})
        .filter((name) => name !== 'connection')
        .toSorted();
    expect(names(mine?.headers)).toEqual(names(delivered?.headers));
  });

  test('of a source forwards what its provider sends, with where it came from', async () => {
    const receiver = await receiverForTest();
    const source = await api.call<{ id: string }>('POST', `/v1/teams/${team}/sources`, {
      provider: 'documenso',
      name: 'Contracts',
      credentials: [{ value: 'a secret of Documenso' }],
    });
    const program = listen(['--source', 'Contracts', '--forward', receiver.url('hook')]);
    await said(program, 'TIME');
    await post({ amount: 1 });
    const body = JSON.stringify({
      event: 'DOCUMENT_SENT',
      payload: { id: 7, title: 'NDA' },
      createdAt: '2026-01-01T00:00:00Z',
    });
    const answer = await fetch(`${posthorn.url}/in/${source.id}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-documenso-secret': 'a secret of Documenso' },
      body,
    });
    expect(answer.ok).toBe(true);
    await until('the event', () => receiver.receptions.length > 0);
    expect(receiver.receptions.map((each) => [each.type, each.body])).toEqual([['DOCUMENT_SENT', body]]);
    expect(receiver.receptions[0]?.headers).toMatchObject({
      'posthorn-source': source.id,
      'posthorn-verified': 'sender',
    });
    await said(program, /DOCUMENT_SENT +Contracts +200/);
  });

  test('gets events over 256 kB whole', async () => {
    const receiver = await receiverForTest();
    const program = listen(['--forward', receiver.url('hook')]);
    await said(program, 'TIME');
    await post({ text: 'x'.repeat(400_000) });
    await until('the event', () => receiver.receptions.length > 0);
    expect(receiver.receptions[0]?.body.length).toBeGreaterThan(400_000);
    await said(program, / 200 /);
  });

  test('takes keys on a terminal', async ({ skip }) => {
    if (!isOnThisMachine('script')) skip('script is not on this machine');
    const receiver = await receiverForTest();
    receiver.behave('hook', ({ attempt }) => (attempt === 1 ? 500 : 200));
    const program = listen(['--forward', receiver.url('hook')], { terminal: true });
    await said(program, 'connected  0 events');
    await post({ n: 1 });
    await said(program, / 500 /);
    program.type('f');
    await said(program, / 200 \(2\) /);
    program.type('r');
    await said(program, / 200 \(3\) /);
    program.type('?');
    await said(program, /f the last failed one[\s\S]*f the last failed one/);
    program.type('q');
    expect(await program.ended).toBe(0);
    expect(program.text()).toContain('1 event; 3 requests: 2 succeeded, 1 failed.');
    expect(receiver.receptions.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
  });

  test('says in one line what stands in its way', async () => {
    const cases: [string[], number, RegExp][] = [
      [
        ['--key', 'phk_wrong'],
        1,
        /^posthorn: This API key is not known.*; give a valid key with --key or POSTHORN_KEY\n$/,
      ],
      [['--source', 'None'], 1, /^posthorn: there is no source None; see: posthorn sources list\n$/],
      [['--endpoint', 'ep_none'], 1, /^posthorn: There is no endpoint ep_none; check the id and --team.*\n$/],
      [['--event-type', 'a b'], 1, /^posthorn: .*\?eventTypes "a b" is neither an event type nor a family.*\n$/],
      [
        ['--forward', 'localhost:3000'],
        2,
        /^posthorn: --forward localhost:3000 is not .*; write http:\/\/localhost:3000\n$/,
      ],
      [['--max', '0'], 2, /^posthorn: --max .*\n$/],
    ];
    for (const [args, code, message] of cases) {
      const program = listen(args);
      expect([args, await program.ended]).toEqual([args, code]);
      expect(program.text()).toMatch(message);
    }
  });

  test('ends when its key is revoked', async () => {
    const { id, key } = await api.call<{ id: string; key: string }>('POST', `/v1/teams/${team}/api-keys`, {
      name: 'mine',
      permissions: ['feed:read'],
    });
    const program = listen(['--key', key]);
    await said(program, 'TIME');
    await api.call('DELETE', `/v1/teams/${team}/api-keys/${id}`);
    // At the next ping.
    expect(await program.ended).toBe(1);
    expect(program.text()).toContain('This API key is not known, has expired or was revoked; give a valid key');
  });
});

test('a listener outlives a restart of Posthorn: what came before and after it arrives once', async () => {
  const receiver = await receiverForTest();
  const env = { PORT: String(await freePort()), POSTHORN_SHUTDOWN_SECONDS: '2' };
  const { posthorn, api, dataFolder } = await posthornForTest({ env });
  const { teamId: team } = await makeTeam(api, { types, endpoints: [] });
  const post = postTo(api, team);
  const settingsFolder = await folderForTest();
  const forward = ['--forward', receiver.url('hook')];
  const program = startListen(['--url', posthorn.url, '--team', team, ...forward], { settingsFolder });
  await said(program, 'TIME');
  const ids = [await post({ n: 1 }), await post({ n: 2 })];
  await until('the first two', () => receiver.receptions.length === 2);

  const stoppedAtMs = performance.now();
  expect(await posthorn.end('SIGTERM')).toEqual({ code: 0, signal: null });
  expect(performance.now() - stoppedAtMs).toBeLessThan(8_000);
  await said(program, 'This node is stopping; trying again in');
  await posthornForTest({ env, dataFolder });
  await said(program, 'connected again');
  ids.push(await post({ n: 3 }), await post({ n: 4 }));
  await until('the others', () => receiver.receptions.length === 4);
  expect(await program.end('SIGINT')).toBe(0);
  expect(program.text()).toContain('4 events; 4 requests: 4 succeeded, 0 failed.');
  expect(receiver.receptions.map(({ eventId }) => eventId).toSorted()).toEqual(ids);
}, 120_000);

test('listeners do not hold up a Posthorn that stops, also one that does not read', async () => {
  const { posthorn, api } = await posthornForTest({ env: { POSTHORN_SHUTDOWN_SECONDS: '2' } });
  const { teamId: team } = await makeTeam(api, { types, endpoints: [] });
  const post = postTo(api, team);
  const open = async (): Promise<Response> => {
    const gone = new AbortController();
    onTestFinished(() => gone.abort());
    const headers = { authorization: `Bearer ${operatorKey}` };
    return fetch(`${posthorn.url}/v1/teams/${team}/listen`, { headers, signal: gone.signal });
  };
  const [read, unread] = [await open(), await open()];
  const text = read.text();
  for (let n = 0; n < 80; n += 1) await post('x'.repeat(200_000));
  const stoppedAtMs = performance.now();
  expect(await posthorn.end('SIGTERM')).toEqual({ code: 0, signal: null });
  expect(performance.now() - stoppedAtMs).toBeLessThan(8_000);
  expect((await text).trimEnd().split('\n').at(-1)).toContain('"code":"shutting_down"');
  await expect(unread.text()).rejects.toThrow('terminated');
}, 120_000);
