import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  queryOnce,
  recordingLog,
  startForTest,
  temporaryFolder,
  unpackLike,
} from '../../../tests/support/embedded-folders.ts';
import { leftDatabases } from '../look-at-embedded.ts';
import { findServerPackage } from './server-package.ts';
import { findServerProcesses, signalAndWait } from './server-processes.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './start-embedded-postgres.ts';

const asRoot = process.geteuid?.() === 0;
let prepared = '';

beforeAll(async () => {
  prepared = await mkdtemp(join(tmpdir(), 'posthorn-prepared-'));
  const server = await startEmbeddedPostgres({ dataFolder: prepared, log: recordingLog() });
  await queryOnce(server.connection, 'create table kept as select 42 as answer');
  await server.stop();
});

afterAll(() => rm(prepared, { recursive: true, force: true }));

/** A data folder of the test's own in which a database was made before. */
async function preparedFolder(parent?: string): Promise<string> {
  const folder = join(parent ?? (await temporaryFolder()), 'data');
  await cp(prepared, folder, { recursive: true });
  return folder;
}

async function keptAnswer(server: EmbeddedPostgres): Promise<unknown> {
  return (await queryOnce(server.connection, 'select answer from kept'))[0]?.['answer'];
}

describe('starting', () => {
  test('makes a durable, private database on the first start and keeps its data for the second', async () => {
    const dataFolder = join(await temporaryFolder(), 'a folder, with "odd" signs', 'data');
    const first = await startForTest({ dataFolder });
    const names = ['fsync', 'full_page_writes', 'synchronous_commit', 'data_checksums', 'server_encoding'];
    const list = [...names, 'listen_addresses'].map((name) => `current_setting('${name}')`);
    const [row] = await queryOnce(first.connection, `select array[${list.join()}] as settings`);
    expect(row!['settings']).toEqual(['on', 'on', 'on', 'on', 'UTF8', '']);
    expect((await stat(join(dataFolder, 'postgres.password'))).mode & 0o777).toBe(0o600);
    expect((await stat(first.connection.host)).mode & 0o777).toBe(0o700);
    await expect(queryOnce({ ...first.connection, password: 'guessed' }, 'select 1')).rejects.toThrow(/password/);
    await queryOnce(first.connection, 'create table kept as select 7 as answer');
    await first.stop();
    expect(first.pid()).toBeUndefined();
    expect(await findServerProcesses(join(dataFolder, 'postgres'))).toEqual([]);
    expect((await readdir(dataFolder)).toSorted()).toEqual(['postgres', 'postgres.password', 'socket']);

    const second = await startForTest({ dataFolder, settings: { work_mem: '5MB' } });
    expect(await keptAnswer(second)).toBe(7);
    expect(await queryOnce(second.connection, 'show work_mem')).toEqual([{ work_mem: '5MB' }]);
    expect(second.log.lines).toEqual([]);
  });

  test('what a killed first start left half-made is thrown away', async () => {
    const dataFolder = await temporaryFolder();
    await mkdir(join(dataFolder, 'postgres.initializing', 'cluster'), { recursive: true });
    await writeFile(join(dataFolder, 'postgres.initializing', 'cluster', 'PG_VERSION'), '18\n');
    await startForTest({ dataFolder });
    expect(await readdir(dataFolder)).not.toContain('postgres.initializing');
  });

  test('a data folder too deep for a socket path still works', async () => {
    const deep = join(await temporaryFolder(), 'd'.repeat(60), 'e'.repeat(60));
    await mkdir(deep, { recursive: true });
    const server = await startForTest({ dataFolder: await preparedFolder(deep) });
    expect(server.connection.host).not.toContain('eeee');
    expect((await stat(server.connection.host)).mode & 0o777).toBe(0o700);
    onTestFinished(() => rm(server.connection.host, { recursive: true, force: true }));
    expect(await keptAnswer(server)).toBe(42);
  });

  test('a lost password file is replaced by a new password', async () => {
    const dataFolder = await preparedFolder();
    await rm(join(dataFolder, 'postgres.password'));
    expect(await keptAnswer(await startForTest({ dataFolder }))).toBe(42);
  });

  test('a wrong password file is told with its remedy', async () => {
    const dataFolder = await preparedFolder();
    await writeFile(join(dataFolder, 'postgres.password'), 'wrong\n');
    await expect(startForTest({ dataFolder })).rejects.toMatchObject({ code: 'password_rejected' });
    expect(await findServerProcesses(join(dataFolder, 'postgres'))).toEqual([]);
  });

  test('the server is out of reach of the Ctrl-C that a terminal sends to a process group', async () => {
    const server = await startForTest({ dataFolder: await preparedFolder() });
    expect(() => process.kill(-server.pid()!, 0)).not.toThrow();
  });
});

describe('after a kill -9', () => {
  test('of the server, it is running again by itself, with its data', async () => {
    const onRestart = vi.fn<() => void>();
    const server = await startForTest({ dataFolder: await preparedFolder(), onRestart });
    const before = server.pid()!;
    process.kill(before, 'SIGKILL');
    await vi.waitFor(() => expect(onRestart).toHaveBeenCalledOnce(), { timeout: 15_000, interval: 20 });
    expect(server.pid()).not.toBe(before);
    expect(await keptAnswer(server)).toBe(42);
    expect(server.log.lines.map((line) => line.message)).toContain('PostgreSQL is running again');
  });

  test('of Posthorn, its server is stopped by the next start and the data is whole', async () => {
    const dataFolder = await preparedFolder();
    const owner = await startOwner(dataFolder);
    expect(owner.answer).toMatchObject({ pid: expect.any(Number) });
    await queryOnce(owner.answer.connection!, 'update kept set answer = 43');
    owner.child.kill('SIGKILL');
    await once(owner.child, 'exit');
    const server = await startForTest({ dataFolder });
    expect(server.pid()).not.toBe(owner.answer.pid);
    expect(await findServerProcesses(join(dataFolder, 'postgres'))).not.toContain(owner.answer.pid);
    expect(await keptAnswer(server)).toBe(43);
    expect(server.log.lines[0]?.message).toContain('left running');
  });

  test('of both, a pid file that now names another program does not keep the server from starting', async () => {
    const dataFolder = await preparedFolder();
    const owner = await stat(join(dataFolder, 'postgres'));
    const as = asRoot ? { uid: await serverUid(), gid: owner.gid } : {};
    const stranger = spawn('sleep', ['600'], { stdio: 'ignore', ...as });
    onTestFinished(() => void stranger.kill('SIGKILL'));
    await once(stranger, 'spawn');
    await writeFile(join(dataFolder, 'postgres', 'postmaster.pid'), `${stranger.pid}\n${dataFolder}/postgres\n`);
    expect(await keptAnswer(await startForTest({ dataFolder }))).toBe(42);
    expect(stranger.exitCode).toBeNull();
  });
});

describe('a second Posthorn on the same folder', () => {
  test('is refused while the first lives, and the first is not disturbed', async () => {
    const server = await startForTest({ dataFolder: await preparedFolder() });
    const dataFolder = resolve(server.connection.host, '..');
    const second = await startOwner(dataFolder);
    expect(second.answer).toEqual({ code: 'already_running' });
    expect(await keptAnswer(server)).toBe(42);
  });

  test('never wins together with the first when both start at once', async () => {
    const dataFolder = await preparedFolder();
    const owners = await Promise.all([startOwner(dataFolder), startOwner(dataFolder)]);
    expect(owners.map(({ answer }) => answer.code ?? 'started').toSorted()).toEqual(['already_running', 'started']);
    for (const { child } of owners) child.stdin!.end();
    const { child: winner } = owners.find(({ answer }) => answer.pid !== undefined)!;
    await once(winner, 'exit');
    expect(await findServerProcesses(join(dataFolder, 'postgres'))).toEqual([]);
  });

  test('is refused although its lock and processes cannot be seen (another container)', async () => {
    const dataFolder = await preparedFolder();
    const elsewhere = createServer().listen(join(dataFolder, 'socket', '.s.PGSQL.5432'));
    onTestFinished(() => void elsewhere.close());
    await once(elsewhere, 'listening');
    await expect(startForTest({ dataFolder })).rejects.toMatchObject({ code: 'in_use_elsewhere' });
  });
});

describe('a folder that cannot be used is told with its remedy', () => {
  test.for([
    { written: '19\n', code: 'cluster_newer', message: /written by PostgreSQL 19; this Posthorn brings 18/ },
    { written: '17\n', code: 'cluster_older', message: /dump and restore.*DATABASE_URL/ },
    { written: '', code: 'cluster_damaged', message: /restore it from a backup/ },
  ])('$code', async ({ written, code, message }) => {
    const dataFolder = await temporaryFolder();
    await mkdir(join(dataFolder, 'postgres'));
    await writeFile(join(dataFolder, 'postgres', 'PG_VERSION'), written);
    await expect(startForTest({ dataFolder })).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(await readdir(dataFolder)).toEqual(['postgres']);
  });

  test('folder_not_writable', async () => {
    const file = join(await temporaryFolder(), 'file');
    await writeFile(file, '');
    await expect(startForTest({ dataFolder: join(file, 'data') })).rejects.toMatchObject({
      code: 'folder_not_writable',
    });
  });

  test.runIf(!asRoot)('folder_foreign', async () => {
    await expect(startForTest({ dataFolder: '/etc' })).rejects.toMatchObject({ code: 'folder_foreign' });
  });

  test('disk_full', async () => {
    const folder = await temporaryFolder();
    await fakeProgram(folder, 'postgres', 'echo "postgres (PostgreSQL) 18.4"');
    await fakeProgram(folder, 'initdb', 'echo "FATAL:  could not write: No space left on device"; exit 1');
    const server = { nativeFolder: join(folder, 'native'), version: 'fake' };
    const dataFolder = join(folder, 'data');
    await expect(startForTest({ dataFolder, server })).rejects.toMatchObject({ code: 'disk_full' });
    expect(await readdir(dataFolder)).toEqual(['postgres.password']);
  });
});

describe.runIf(asRoot)('started by root, where the server cannot go', () => {
  test('the database is kept in a folder that it can reach, said aloud and found again', async () => {
    const { hidden, sharedFolder } = await hiddenFolder();
    const dataFolder = join(hidden, 'data');
    const first = await startForTest({ dataFolder, sharedFolder });
    expect(first.log.lines).toContainEqual({ level: 'warn', message: expect.stringContaining(sharedFolder) });
    await queryOnce(first.connection, 'create table kept as select 9 as answer');
    const { folder } = JSON.parse(await readFile(join(dataFolder, 'postgres.location'), 'utf8')) as { folder: string };
    expect((await stat(join(folder, 'postgres'))).uid).not.toBe(0);
    expect(await readFile(join(folder, 'data-folder'), 'utf8')).toBe(`${dataFolder}\n`);
    expect(await leftDatabases(sharedFolder)).toEqual([]);

    const copied = join(hidden, 'copied');
    await cp(dataFolder, copied, { recursive: true, filter: (path) => !path.endsWith('.lock') });
    await expect(startForTest({ dataFolder: copied, sharedFolder })).rejects.toMatchObject({ code: 'already_running' });
    await first.stop();
    const second = await startForTest({ dataFolder, sharedFolder });
    expect(await keptAnswer(second)).toBe(9);
    await second.stop();

    const away = join(hidden, 'away');
    await rename(dataFolder, away);
    expect(await leftDatabases(sharedFolder)).toEqual([{ folder, dataFolder, sizeBytes: expect.any(Number) }]);
    expect((await leftDatabases(sharedFolder))[0]?.sizeBytes).toBeGreaterThan(10_000_000);
    await rename(away, dataFolder);
    expect(await leftDatabases(sharedFolder)).toEqual([]);

    await rm(folder, { recursive: true });
    await expect(startForTest({ dataFolder, sharedFolder })).rejects.toMatchObject({ code: 'cluster_missing' });
  });

  test('its programs are copied to a folder that it can reach', async () => {
    const { hidden, sharedFolder } = await hiddenFolder();
    const installed = await findServerPackage(process.platform, process.arch);
    await unpackLike(installed.nativeFolder, join(hidden, 'native'));
    const server = { nativeFolder: join(hidden, 'native'), version: installed.version };
    const started = await startForTest({ dataFolder: await preparedFolder(), sharedFolder, server });
    expect(await keptAnswer(started)).toBe(42);
    expect(await readdir(join(sharedFolder, 'bin'))).toEqual([installed.version]);
  });
});

async function hiddenFolder(): Promise<{ hidden: string; sharedFolder: string }> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'home'), { mode: 0o700 });
  return { hidden: join(folder, 'home'), sharedFolder: join(folder, 'shared') };
}

async function fakeProgram(folder: string, name: string, script: string): Promise<void> {
  for (const part of ['bin', 'lib/postgresql', 'share/postgresql']) {
    await mkdir(join(folder, 'native', part), { recursive: true });
  }
  await writeFile(join(folder, 'native', 'bin', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

async function serverUid(): Promise<number> {
  return (await stat(join(prepared, 'postgres'))).uid;
}

type OwnerAnswer = { pid?: number; code?: string; connection?: EmbeddedPostgres['connection'] };

/** Starts another process that owns (or wants to own) the folder's database, and waits for what it says. */
async function startOwner(dataFolder: string): Promise<{ child: ChildProcess; answer: OwnerAnswer }> {
  const script = fileURLToPath(new URL('../../../tests/support/embedded-owner.ts', import.meta.url));
  const child = spawn(process.execPath, [script, dataFolder], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    const folder = join(dataFolder, 'postgres');
    await signalAndWait({ folder, pids: await findServerProcesses(folder), signal: 'SIGQUIT', deadlineMs: 10_000 });
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { child, answer: JSON.parse(line) as OwnerAnswer };
}
