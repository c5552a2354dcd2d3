import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder, unpackLike } from '../../../tests/support/embedded-folders.ts';
import { prepareServerBinaries } from './server-binaries.ts';
import { copyServer } from './server-copy.ts';
import { findServerPackage } from './server-package.ts';
import { runTool } from './server-spawn.ts';

const me = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0, switched: false };
const installed = await findServerPackage(process.platform, process.arch);

test('library links that npm did not make are made', async () => {
  const folder = await temporaryFolder();
  await unpackLike(installed.nativeFolder, join(folder, 'native'));
  const server = { nativeFolder: join(folder, 'native'), version: installed.version };
  const binaries = await prepareServerBinaries({ server, user: me, copyParents: [] });
  expect(binaries.major).toBeGreaterThanOrEqual(18);
  const { exitCode, output } = await runTool({ command: binaries.initdb, args: ['--version'], user: me });
  expect({ exitCode, output }).toMatchObject({ exitCode: 0, output: expect.stringContaining('initdb') });
});

test('a copy is kept while it is complete and replaced when files were swept away', async () => {
  const folder = await temporaryFolder();
  const native = join(folder, 'native');
  await mkdir(join(native, 'bin'), { recursive: true });
  await writeFile(join(native, 'bin', 'postgres'), 'program', { mode: 0o700 });
  await writeFile(join(native, 'bin', 'unwanted.a'), 'archive');
  const target = join(folder, 'bin', '1');
  const copy = await copyServer(native, target);
  expect(await readdir(join(copy, 'bin'))).toEqual(['postgres']);
  await writeFile(join(copy, 'bin', 'mark'), '');
  await copyServer(native, target);
  expect(await readdir(join(copy, 'bin'))).toEqual(['mark', 'postgres']);
  await writeFile(join(copy, 'bin', 'postgres'), 'prog');
  await copyServer(native, target);
  expect(await readdir(join(copy, 'bin'))).toEqual(['postgres']);
});

test('a program that does not run here is told as such', async () => {
  const folder = await temporaryFolder();
  const native = join(folder, 'native');
  await mkdir(join(native, 'bin'), { recursive: true });
  await writeFile(join(native, 'bin', 'postgres'), '#!/no/such/loader\n');
  await chmod(join(native, 'bin', 'postgres'), 0o755);
  const server = { nativeFolder: native, version: '1' };
  await expect(prepareServerBinaries({ server, user: me, copyParents: [] })).rejects.toMatchObject({
    code: 'binary_unusable',
    remedy: expect.stringContaining('DATABASE_URL'),
  });
});

test('a platform without a package, or whose package npm did not install, gets a remedy', async () => {
  await expect(findServerPackage('win32', 'x64')).rejects.toMatchObject({ code: 'unsupported_platform' });
  const other = process.platform === 'darwin' ? 'linux' : 'darwin';
  await expect(findServerPackage(other, 'arm64')).rejects.toMatchObject({
    code: 'package_missing',
    message: expect.stringMatching(/set DATABASE_URL .* npm install/),
  });
});
