import { expect, test } from 'vitest';
import { postmasterPid, worksOn } from './server-processes.rules.ts';

test('a server, its workers and its initdb are known; a namesake or another folder is not', () => {
  const on = (cwd: string | undefined, ...argv: string[]) => worksOn('/data/postgres', { cwd, argv });
  expect(on('/data/postgres', '/x/bin/postgres', '-D', '/data/postgres')).toBe(true);
  expect(on(undefined, '/x/bin/postgres', '-D', '/data/postgres')).toBe(true);
  expect(on('/data/postgres', 'postgres: checkpointer ', '')).toBe(true);
  expect(on('/', '/x/bin/initdb', '--pgdata=/data/postgres/cluster')).toBe(true);
  expect(on('/data/postgres2', '/x/bin/postgres', '-D', '/data/postgres2')).toBe(false);
  expect(on('/data/postgres', 'vim', 'postgresql.conf')).toBe(false);
  expect(on('/data/postgres', 'my-postgres', '')).toBe(false);
  expect(worksOn('/data/postgres', { cwd: undefined, argv: [] })).toBe(false);
});

test('the first line of postmaster.pid is the pid, negative for a single-user server', () => {
  expect(postmasterPid('123\n/data\n')).toBe(123);
  expect(postmasterPid('-123\n')).toBe(123);
  expect(postmasterPid('')).toBeUndefined();
  expect(postmasterPid('0\n')).toBeUndefined();
});
