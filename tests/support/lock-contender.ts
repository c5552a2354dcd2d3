import { createInterface } from 'node:readline';
import { acquireFolderLock, type FolderLock } from '../../src/database/embedded/folder-lock.ts';

/** A process that takes (`go`) and gives back (`release`) the lock of the folder in its argument, a line of input each. */
let lock: FolderLock | undefined;
process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'go') {
    try {
      lock = await acquireFolderLock(process.argv[2] ?? '');
      process.stdout.write('won\n');
    } catch (error) {
      process.stdout.write(`${(error as { code?: string }).code ?? String(error)}\n`);
    }
  } else {
    await lock?.release();
    lock = undefined;
    process.stdout.write('released\n');
  }
}
