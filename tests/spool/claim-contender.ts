import { createInterface } from 'node:readline';
import { claimFolder, type FolderClaim } from '../../src/spool/folder-claim.ts';

/** Claims (`claim`) and gives back (`release`) the folder in its argument, a line of input each, and says what came of it. */
let claim: FolderClaim | undefined;
process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'claim') {
    try {
      claim = await claimFolder(process.argv[2] ?? '');
      process.stdout.write('claimed\n');
    } catch (error) {
      process.stdout.write(`${String(error)}\n`);
    }
  } else {
    await claim?.release();
    claim = undefined;
    process.stdout.write('released\n');
  }
}
