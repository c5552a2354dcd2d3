import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../../../tests/support/embedded-folders.ts';
import { formatLockEntry } from './folder-lock.rules.ts';
import { acquireFolderLock } from './folder-lock.ts';
import { processBirth } from './process-birth.ts';

test('a lock is held until it is released, also against this very process', async () => {
  const folder = await temporaryFolder();
  const lock = await acquireFolderLock(folder);
  await expect(acquireFolderLock(folder)).rejects.toMatchObject({
    code: 'already_running',
    message: expect.stringContaining(`(pid ${process.pid})`),
    remedy: 'stop it or set POSTHORN_DATA to another folder',
  });
  await lock.release();
  await (await acquireFolderLock(folder)).release();
  expect(await readdir(folder)).toEqual([]);
});

test('the lock of a dead process is taken over', async () => {
  const folder = await temporaryFolder();
  await writeStaleLock(folder);
  const lock = await acquireFolderLock(folder);
  expect(await readdir(folder)).toEqual(['posthorn.lock']);
  expect(await readFile(join(folder, 'posthorn.lock'), 'utf8')).toContain(`"pid":${process.pid}`);
  await lock.release();
});

test('a process that merely has the pid of the dead holder does not keep the lock', async () => {
  const folder = await temporaryFolder();
  const birth = `${await processBirth(process.pid)}0`;
  await writeFile(join(folder, 'posthorn.lock'), formatLockEntry({ token: 'old', pid: process.pid, birth }));
  const lock = await acquireFolderLock(folder);
  expect(await readFile(join(folder, 'posthorn.lock'), 'utf8')).not.toContain('"old"');
  await lock.release();
});

test('an unreadable lock file is stale', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'posthorn.lock'), '');
  const lock = await acquireFolderLock(folder);
  expect(await readFile(join(folder, 'posthorn.lock'), 'utf8')).toContain(`"pid":${process.pid}`);
  await lock.release();
});

test('a successor that died in the middle of taking over has a successor itself', async () => {
  const folder = await temporaryFolder();
  const { pid, token } = await writeStaleLock(folder);
  const claim = join(folder, `posthorn.lock.after-${token}`);
  await writeFile(claim, formatLockEntry({ token: 'claimer', pid, birth: 'long ago' }));
  const lock = await acquireFolderLock(folder);
  expect(await readdir(folder)).toEqual(['posthorn.lock']);
  await lock.release();
});

test('of many processes that find the same stale lock, exactly one wins', async () => {
  const folder = await temporaryFolder();
  const contenders = await Promise.all(Array.from({ length: 5 }, () => startContender(folder)));
  for (let round = 0; round < 25; round++) {
    await writeStaleLock(folder, round);
    const answers = await Promise.all(contenders.map((contender) => contender.ask('go')));
    expect(answers.toSorted()).toEqual([...Array<string>(4).fill('already_running'), 'won']);
    await Promise.all(contenders.map((contender) => contender.ask('release')));
    expect(await readdir(folder)).toEqual([]);
  }
});

async function writeStaleLock(folder: string, round = 0): Promise<{ pid: number; token: string }> {
  const pid = deadPid;
  const token = `dead-${round}`;
  await writeFile(join(folder, 'posthorn.lock'), formatLockEntry({ token, pid, birth: 'long ago' }));
  return { pid, token };
}

const deadPid = await endedProcess();

async function endedProcess(): Promise<number> {
  const child = spawn(process.execPath, ['--eval', ''], { stdio: 'ignore' });
  await once(child, 'exit');
  return child.pid!;
}

async function startContender(folder: string): Promise<{ ask(line: string): Promise<string> }> {
  const script = fileURLToPath(new URL('../../../tests/support/lock-contender.ts', import.meta.url));
  const child: ChildProcess = spawn(process.execPath, [script, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const answers = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const next = async () => String((await answers.next()).value);
  expect(await next()).toBe('ready');
  return {
    async ask(line) {
      child.stdin!.write(`${line}\n`);
      return await next();
    },
  };
}
