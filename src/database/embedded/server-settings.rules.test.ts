import { expect, test } from 'vitest';
import { firstFittingSocketFolder, serverArguments } from './server-settings.rules.ts';

test('a setting that is given outranks the default, which outranks nothing durable', () => {
  const args = serverArguments({ clusterFolder: '/c', socketFolder: '/s', settings: { max_connections: '9' } });
  expect(args.slice(0, 2)).toEqual(['-D', '/c']);
  expect(args.filter((argument) => argument.startsWith('max_connections='))).toEqual(['max_connections=9']);
  expect(args).toEqual(expect.arrayContaining(['fsync=on', 'full_page_writes=on', 'synchronous_commit=on']));
  expect(args).toContain('listen_addresses=');
});

test('the socket folder is one item of a list, whatever signs it holds', () => {
  const args = serverArguments({ clusterFolder: '/c', socketFolder: '/a, "b"', settings: {} });
  expect(args).toContain('unix_socket_directories="/a, ""b"""');
});

test('a socket path is measured in bytes against the limit of the system', () => {
  const suffix = '/.s.PGSQL.5432'.length;
  const longest = `/${'x'.repeat(106 - suffix)}`;
  expect(firstFittingSocketFolder([longest], 'linux')).toBe(longest);
  expect(firstFittingSocketFolder([longest, '/tmp'], 'darwin')).toBe('/tmp');
  expect(firstFittingSocketFolder([`${longest}x`], 'linux')).toBeUndefined();
  expect(firstFittingSocketFolder([`/${'ü'.repeat(60)}`, '/tmp'], 'linux')).toBe('/tmp');
});
