import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openForTest, temporaryFolder } from '../../tests/spool/spool-fixtures.ts';
import { startLockContender } from '../../tests/support/lock-contenders.ts';

test('a second spool in the same folder is refused, and says who has it and what to do', async () => {
  const folder = await temporaryFolder();
  const spool = await openForTest(folder);
  await expect(openForTest(folder)).rejects.toMatchObject({
    name: 'SpoolError',
    message: `The spool in ${folder} is in use by this very process. Stop that one, or give each a data folder (POSTHORN_DATA) of its own.`,
  });
  const contender = await startLockContender(join(folder, 'lock'));
  expect(await contender.ask('go')).toBe(`held by ${process.pid}`);
  await spool.close();
  expect(await contender.ask('go')).toBe('won');
  await expect(openForTest(folder)).rejects.toThrow(`in use by another process (pid ${contender.pid})`);
});

test('the spool of a killed process is taken over', async () => {
  const folder = await temporaryFolder();
  const contender = await startLockContender(join(folder, 'lock'));
  expect(await contender.ask('go')).toBe('won');
  await contender.kill();
  const spool = await openForTest(folder);
  expect((await readdir(folder)).filter((name) => name.startsWith('lock'))).toEqual(['lock']);
  await spool.close();
});
