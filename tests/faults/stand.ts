import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Api, createApi } from '../support/api.ts';
import { type JournalReceiver, startReceiver } from '../support/journal-receiver.ts';
import { killDatabaseOf, type PosthornProcess, startPosthorn, type StartOptions } from '../support/posthorn-process.ts';

/** A folder of the test's own, passable for the database's user; what still runs on it ends with the test. */
async function dataFolderForTest(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'posthorn-fault-')));
  await chmod(folder, 0o711);
  onTestFinished(async () => {
    await killDatabaseOf(join(folder, 'data'));
    await rm(folder, { recursive: true, force: true });
  });
  return join(folder, 'data');
}

/** A Posthorn that ends with the test. */
export async function posthornForTest(
  options: Partial<StartOptions> = {},
): Promise<{ posthorn: PosthornProcess; api: Api; dataFolder: string }> {
  const dataFolder = options.dataFolder ?? (await dataFolderForTest());
  const posthorn = await startPosthorn({ ...options, dataFolder });
  onTestFinished(async () => {
    if (posthorn.running()) await posthorn.end('SIGKILL');
  });
  return { posthorn, api: createApi(() => posthorn.url), dataFolder };
}

export async function receiverForTest(): Promise<JournalReceiver> {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.close());
  return receiver;
}
