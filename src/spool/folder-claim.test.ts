import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { openForTest, temporaryFolder } from '../../tests/spool/spool-fixtures.ts';
import { formatClaimant, startTicksOf } from './folder-claim.rules.ts';
import { claimFolder } from './folder-claim.ts';

const token = '0f8fad5b-d9cb-469f-a165-70867728950e';

test('a second spool in the same folder is refused, and says who has it and what to do', async () => {
  const folder = await temporaryFolder();
  const spool = await openForTest(folder);
  await expect(openForTest(folder)).rejects.toMatchObject({
    name: 'SpoolError',
    message: `The spool in ${folder} is in use by this very process. Stop that one, or give each a data folder (POSTHORN_DATA) of its own.`,
  });
  const contender = await startContender(folder);
  expect(await contender.ask('claim')).toContain(`in use by another process (pid ${process.pid})`);
  await spool.close();
  expect(await contender.ask('claim')).toBe('claimed');
  await expect(openForTest(folder)).rejects.toThrow(`(pid ${contender.pid})`);
});

test('the lock of a killed process is taken over', async () => {
  const folder = await temporaryFolder();
  const contender = await startContender(folder);
  expect(await contender.ask('claim')).toBe('claimed');
  await contender.kill();
  const claim = await claimFolder(folder);
  expect(await readdir(folder)).toEqual(['lock']);
  expect(await readFile(join(folder, 'lock'), 'utf8')).toContain(`\n${process.pid}\n`);
  await claim.release();
  expect(await readdir(folder)).toEqual([]);
});

test.skipIf(process.platform !== 'linux')(
  'a process that merely has the pid of a dead one does not keep it',
  async () => {
    const folder = await temporaryFolder();
    const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
    const ticks = startTicksOf(await readFile('/proc/self/stat', 'utf8'));
    const lock = join(folder, 'lock');
    await writeFile(lock, formatClaimant({ token, pid: process.pid, birth: `${bootId} ${ticks}` }));
    await expect(claimFolder(folder)).rejects.toThrow('in use');
    await writeFile(lock, formatClaimant({ token, pid: process.pid, birth: `${bootId} ${ticks}0` }));
    await (await claimFolder(folder)).release();
  },
);

test.for(['', 'torn'])('a lock that reads %j, as after a power cut, is taken over', async (text) => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'lock'), text);
  await (await claimFolder(folder)).release();
  expect(await readdir(folder)).toEqual([]);
});

test('a successor that died while it took over has a successor itself', async () => {
  const folder = await temporaryFolder();
  const dead = (name: string) => formatClaimant({ token: name, pid: deadPid, birth: 'long ago' });
  await writeFile(join(folder, 'lock'), dead(token));
  await writeFile(join(folder, `lock.after.${token}`), dead(token.replace('0', '1')));
  const claim = await claimFolder(folder);
  expect(await readdir(folder)).toEqual(['lock']);
  await claim.release();
});

test('of many processes that find the same stale lock, exactly one wins', async () => {
  const folder = await temporaryFolder();
  const contenders = await Promise.all([1, 2, 3, 4].map(() => startContender(folder)));
  for (let round = 0; round < 25; round += 1) {
    const stale = { token: token.replace(/^.{4}/, String(round).padStart(4, '0')), pid: deadPid, birth: 'long ago' };
    await writeFile(join(folder, 'lock'), formatClaimant(stale));
    const answers = await Promise.all(contenders.map((contender) => contender.ask('claim')));
    expect(answers.filter((answer) => answer === 'claimed')).toHaveLength(1);
    expect(answers.filter((answer) => answer.includes('in use by another process'))).toHaveLength(3);
    await Promise.all(contenders.map((contender) => contender.ask('release')));
    expect(await readdir(folder)).toEqual([]);
  }
});

const deadPid = await endedProcess();

async function endedProcess(): Promise<number> {
  const child = spawn(process.execPath, ['--eval', ''], { stdio: 'ignore' });
  await once(child, 'exit');
  return child.pid!;
}

async function startContender(folder: string) {
  const script = join(import.meta.dirname, '../../tests/spool/claim-contender.ts');
  const child: ChildProcess = spawn(process.execPath, [script, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const next = async () => String((await lines.next()).value);
  expect(await next()).toBe('ready');
  return {
    pid: child.pid!,
    async ask(line: string): Promise<string> {
      child.stdin!.write(`${line}\n`);
      return await next();
    },
    async kill(): Promise<void> {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
