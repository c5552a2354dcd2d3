import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createApi } from '../../tests/support/api.ts';
import { databaseUrlOf } from '../../tests/support/own-database.ts';
import { startPosthorn, type PosthornProcess } from '../../tests/support/posthorn-process.ts';
import { insertSealedRows } from '../../tests/support/sealed-rows.ts';
import { createTestDatabase } from '../../tests/support/test-database.ts';
import { until } from '../../tests/support/until.ts';
import { masterKeyId } from '../sealing/sealed-blob.rules.ts';
import { createSealer } from '../sealing/sealer.ts';
import { openProgress } from './keys/progress.ts';
import { adviceOn, renderBar } from './keys/render-keys.rules.ts';

const root = join(import.meta.dirname, '../..');
const [oldKey, newKey] = [randomBytes(32), randomBytes(32)];
const [oldText, newText] = [oldKey.toString('base64'), newKey.toString('base64')];
const [oldId, newId] = [oldKey, newKey].map((key) => masterKeyId(key).toString('hex')) as [string, string];

/** Runs the command in a process of its own, as a person does. */
function posthornKeys(
  args: string[],
  env: Record<string, string>,
): Promise<{ code: number; out: string; err: string }> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(POSTHORN_|DATABASE_URL$|VITEST|NODE_ENV$)/.test(name),
  );
  return new Promise((resolve) => {
    const options = { cwd: root, env: { ...Object.fromEntries(inherited), ...env } };
    execFile(process.execPath, ['src/cli/posthorn.ts', 'keys', ...args], options, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

async function dataFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-keys-'));
  await chmod(folder, 0o711);
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test('the whole rotation: while Posthorn runs over its own database, until the old key is gone', async () => {
  const folder = join(await dataFolder(), 'data');
  let posthorn: PosthornProcess | null = null;
  onTestFinished(async () => void (await posthorn?.end('SIGKILL')));
  const api = createApi(() => posthorn?.url ?? '');
  const startWith = async (keys: string): Promise<void> => {
    await posthorn?.end('SIGTERM');
    posthorn = await startPosthorn({
      dataFolder: folder,
      env: { POSTHORN_MASTER_KEY: keys, POSTHORN_SHUTDOWN_SECONDS: '2' },
      deadlineMs: 90_000,
    });
  };
  const withKeys = (keys: string, ...args: string[]) =>
    posthornKeys(args, { POSTHORN_DATA: folder, POSTHORN_MASTER_KEY: keys });

  await startWith(oldText);
  const { id: team } = await api.call<{ id: string }>('POST', '/v1/teams', { name: 'Acme' });
  const source = await api.call<{ id: string }>('POST', `/v1/teams/${team}/sources`, {
    provider: 'documenso',
    name: 'Contracts',
    credentials: [{ value: 'a plain secret' }],
  });
  await api.call('POST', `/v1/teams/${team}/endpoints`, {
    url: 'http://127.0.0.1:1/',
    eventTypes: ['*'],
    headers: { 'x-key': 'value' },
  });

  await startWith(`${newText},${oldText}`);
  const status = await withKeys(`${newText},${oldText}`, 'status');
  expect(status).toMatchObject({ code: 0, out: expect.stringContaining('4 values under another key than the first') });
  const rewrapped = await withKeys(`${newText},${oldText}`, 'rewrap');
  expect(rewrapped).toMatchObject({ code: 0, err: '', out: expect.stringContaining('4 values sealed anew. Now:') });
  expect(rewrapped.out).toContain(`Everything is sealed under ${newId}.`);
  expect(rewrapped.out + status.out).not.toContain(oldText);

  const cached = (): string[] => {
    const { sources } = JSON.parse(readFileSync(join(folder, 'sources.json'), 'utf8')) as {
      sources: { credentials: { sealed: string }[] }[];
    };
    const sealer = createSealer({ masterKeys: [newKey] });
    return sources.flatMap(({ credentials }) =>
      credentials.map(({ sealed }) => sealer.keyIdOf(Buffer.from(sealed, 'base64'))),
    );
  };
  await until('the running node to have written its sources anew', () => cached().join() === newId);

  await startWith(newText);
  const answer = await api.ask(
    'POST',
    `/in/${source.id}`,
    { event: 'DOCUMENT_COMPLETED', payload: { id: 1 } },
    {
      headers: { 'x-documenso-secret': 'a plain secret' },
    },
  );
  expect(answer.status).toBe(200);

  // Nothing runs any more: the command starts the database for itself, and leaves it stopped.
  await (posthorn as PosthornProcess | null)?.end('SIGTERM');
  const alone = await withKeys(newText, 'status', '--json');
  expect(alone.code).toBe(0);
  expect(JSON.parse(alone.out)).toMatchObject({ ok: true, sealing: newId, opening: [] });
  await startWith(newText);
}, 240_000);

describe('over a database of its own', () => {
  async function stand(keys: string) {
    const database = await createTestDatabase();
    onTestFinished(() => database.drop());
    const env = {
      POSTHORN_DATA: await dataFolder(),
      DATABASE_URL: databaseUrlOf(database.config),
      POSTHORN_MASTER_KEY: keys,
    };
    return { database, run: (...args: string[]) => posthornKeys(args, env) };
  }

  test('what is under a key that is not given makes it fail, with what to do', async () => {
    const { database, run } = await stand(newText);
    await insertSealedRows(database.pool, createSealer({ masterKeys: [oldKey] }), 'PLANTED');
    for (const verb of ['status', 'rewrap']) {
      const { code, out, err } = await run(verb);
      expect(code).toBe(1);
      expect(out).toMatch(new RegExp(`5 values cannot be opened: the key ${oldId} was not given; add it behind`));
      expect(out + err).not.toContain('PLANTED');
    }
  });

  test('rows that do not open are named and make it fail, the others are sealed anew', async () => {
    const { database, run } = await stand(`${newText}, ${oldText}`);
    const sealer = createSealer({ masterKeys: [oldKey] });
    const one = await insertSealedRows(database.pool, sealer, 'one');
    await database.pool.query('UPDATE endpoint_secret SET sealed = $1', [
      sealer.seal('PLANTED', { teamId: one.team, rowId: 'another', purpose: 'endpoint-secret' }),
    ]);
    const { code, out, err } = await run('rewrap');
    expect(code).toBe(1);
    expect(err).toContain(
      `the sealed value of ${one.secret} in endpoint_secret does not open: enter that secret again`,
    );
    expect(out).toContain('4 values sealed anew');
    const asJson = await run('rewrap', '--json');
    expect(asJson.code).toBe(1);
    expect(JSON.parse(asJson.out)).toMatchObject({
      ok: false,
      moved: 0,
      damaged: [{ table: 'endpoint_secret', id: one.secret }],
    });
  });

  test('a database without the tables of this release is refused', async () => {
    const { database, run } = await stand(newText);
    await database.pool.query('DELETE FROM migration WHERE number = (SELECT max(number) FROM migration)');
    expect(await run('status')).toMatchObject({ code: 1, err: expect.stringMatching(/start a node of this release/) });
    await database.pool.query('DROP TABLE migration');
    expect(await run('status')).toMatchObject({ code: 1, err: expect.stringMatching(/start a node of this release/) });
  });

  test('a database that does not answer is told in one line', async () => {
    const result = await posthornKeys(['status'], {
      POSTHORN_DATA: await dataFolder(),
      DATABASE_URL: 'postgres://user:PLANTED@127.0.0.1:1/none',
      POSTHORN_MASTER_KEY: newText,
    });
    expect(result).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/^posthorn: the database cannot be used: .*\n$/),
    });
    expect(result.err).not.toContain('PLANTED');
  });
});

test('without a database, or without a key, nothing is made', async () => {
  const folder = await dataFolder();
  expect(await posthornKeys(['status'], { POSTHORN_DATA: folder })).toMatchObject({
    code: 1,
    err: `posthorn: there is no database in ${folder}; name the folder with --data or POSTHORN_DATA\n`,
  });
  const keyless = await posthornKeys(['rewrap'], {
    POSTHORN_DATA: folder,
    DATABASE_URL: 'postgres://127.0.0.1:1/none',
  });
  expect(keyless).toMatchObject({
    code: 1,
    err: expect.stringMatching(/there is no master key in .*; set POSTHORN_MASTER_KEY/),
  });
});

test('the bar is drawn over itself on a terminal, and nowhere else', () => {
  const written: string[] = [];
  const progress = openProgress({ isTTY: true, write: (text: string) => written.push(text) });
  progress.show(1, 4);
  progress.show(4, 4);
  progress.end();
  expect(written).toEqual([
    '\r[#######                       ]  25 % (1 of 4)',
    '\r[##############################] 100 % (4 of 4)',
    '\r\u001B[K',
  ]);
  const quiet = openProgress({ write: (text: string) => written.push(text) });
  quiet.show(1, 1);
  quiet.end();
  expect(written).toHaveLength(3);
  expect(renderBar(0, 0)).toContain('100 %');
});

test('the advice follows from what is left', () => {
  const column = (keyId: string | null) => ({ title: 'secrets', keys: [{ keyId, count: 2 }] });
  const advice = (opening: string[], keyIds: (string | null)[], damaged = 0) =>
    adviceOn({ sealing: 'one', opening, columns: keyIds.map(column) }, damaged);
  expect(advice([], ['one'])).toMatchObject({ ok: true, isDone: true });
  expect(advice(['two'], ['one'])).toMatchObject({
    ok: true,
    isDone: true,
    text: expect.stringMatching(/take them out/),
  });
  expect(advice(['two'], ['one', 'two'])).toMatchObject({
    ok: true,
    isDone: false,
    text: expect.stringMatching(/run: posthorn keys rewrap/),
  });
  expect(advice(['two'], ['two'], 2)).toMatchObject({ ok: false, isDone: false });
  expect(advice(['two'], [null])).toMatchObject({ ok: false, text: expect.stringMatching(/any key/) });
  expect(advice(['two'], ['three', 'two'])).toMatchObject({
    ok: false,
    text: expect.stringMatching(/the key three was not given/),
  });
});
