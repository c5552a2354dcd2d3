import { createInterface } from 'node:readline';
import { acquireFolderLock, type FolderLock } from '../../src/folder-lock/folder-lock.ts';

/** A process that takes (`go`) and gives back (`release`) the lock in its argument, a line of input each. */
let lock: FolderLock | undefined;
process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'go') {
    try {
      lock = await acquireFolderLock(process.argv[2] ?? '', (pid) => new Error(`held by ${pid}`));
      process.stdout.write('won\n');
    } catch (error) {
      process.stdout.write(`${(error as Error).message}\n`);
    }
  } else {
    await lock?.release();
    lock = undefined;
    process.stdout.write('released\n');
  }
}
