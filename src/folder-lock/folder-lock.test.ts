import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../tests/support/embedded-folders.ts';
import { startLockContender } from '../../tests/support/lock-contenders.ts';
import { formatLockEntry } from './folder-lock.rules.ts';
import { acquireFolderLock } from './folder-lock.ts';
import { processBirth } from './process-birth.ts';

const acquire = (folder: string) =>
  acquireFolderLock(join(folder, 'posthorn.lock'), (pid) => new Error(`held by ${pid}`));

test('a lock is held until it is released, also against this very process', async () => {
  const folder = await temporaryFolder();
  const lock = await acquire(folder);
  await expect(acquire(folder)).rejects.toThrow(`held by ${process.pid}`);
  await lock.release();
  await (await acquire(folder)).release();
  expect(await readdir(folder)).toEqual([]);
});

test('the lock of a dead process is taken over', async () => {
  const folder = await temporaryFolder();
  await writeStaleLock(folder);
  const lock = await acquire(folder);
  expect(await readdir(folder)).toEqual(['posthorn.lock']);
  expect(await readFile(join(folder, 'posthorn.lock'), 'utf8')).toContain(`"pid":${process.pid}`);
  await lock.release();
});

test('the lock of a killed process is taken over', async () => {
  const folder = await temporaryFolder();
  const contender = await startLockContender(join(folder, 'posthorn.lock'));
  expect(await contender.ask('go')).toBe('won');
  await expect(acquire(folder)).rejects.toThrow(`held by ${contender.pid}`);
  await contender.kill();
  await (await acquire(folder)).release();
  expect(await readdir(folder)).toEqual([]);
});

test('a process that merely has the pid of the dead holder does not keep the lock', async () => {
  const folder = await temporaryFolder();
  const birth = `${await processBirth(process.pid)}0`;
  await writeFile(join(folder, 'posthorn.lock'), formatLockEntry({ token: 'old', pid: process.pid, birth }));
  const lock = await acquire(folder);
  expect(await readFile(join(folder, 'posthorn.lock'), 'utf8')).not.toContain('"old"');
  await lock.release();
});

test.for(['', 'torn', '\0\0\0'])('a lock file that reads %j, as after a power cut, is stale', async (text) => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'posthorn.lock'), text);
  const lock = await acquire(folder);
  expect(await readFile(join(folder, 'posthorn.lock'), 'utf8')).toContain(`"pid":${process.pid}`);
  await lock.release();
});

test('a successor that died in the middle of taking over has a successor itself', async () => {
  const folder = await temporaryFolder();
  const { pid, token } = await writeStaleLock(folder);
  const claim = join(folder, `posthorn.lock.after-${token}`);
  await writeFile(claim, formatLockEntry({ token: 'claimer', pid, birth: 'long ago' }));
  const lock = await acquire(folder);
  expect(await readdir(folder)).toEqual(['posthorn.lock']);
  await lock.release();
});

test('of many processes that find the same stale lock, exactly one wins', async () => {
  const folder = await temporaryFolder();
  const contenders = await Promise.all(
    Array.from({ length: 5 }, () => startLockContender(join(folder, 'posthorn.lock'))),
  );
  for (let round = 0; round < 25; round++) {
    await writeStaleLock(folder, round);
    const answers = await Promise.all(contenders.map((contender) => contender.ask('go')));
    expect(answers.filter((answer) => answer === 'won')).toHaveLength(1);
    // By the winner, or by one who was about to see that another had won.
    const rivals = contenders.map(({ pid }) => `held by ${pid}`);
    for (const answer of answers) expect(['won', ...rivals]).toContain(answer);
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
