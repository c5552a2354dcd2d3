import { expect, test } from 'vitest';
import { describeFolderFailure } from './folder-failure.rules.ts';

test.each([
  ['ENOSPC', true, 'free or add disk space'],
  ['EDQUOT', true, 'raise the quota'],
  ['EACCES', false, 'give it to the user that runs Posthorn'],
  ['EROFS', false, 'mount its disk for writing'],
  ['EMFILE', false, 'limit of open files'],
  ['EIO', false, 'look at its disk'],
  ['unknown error', false, 'look at its disk'],
  ['toString', false, 'look at its disk'],
])('%s is full: %s, and is mended by: %s', (code, full, remedy) => {
  const failure = describeFolderFailure('written', '/data/blobs', code);
  expect(failure.full).toBe(full);
  expect(failure.message).toMatch(`The blob folder /data/blobs could not be written (${code}): `);
  expect(failure.message).toContain(remedy);
});
