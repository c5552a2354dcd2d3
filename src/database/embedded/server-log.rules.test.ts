import { expect, test } from 'vitest';
import { readServerLogLine, saysDiskFull } from './server-log.rules.ts';

const prefix = '2026-11-21 01:56:03.123 UTC [77] ';

test.for([
  ['WARNING:  there is no transaction in progress', 'warn'],
  ['ERROR:  relation "x" does not exist', 'warn'],
  ['PANIC:  could not write to file', 'error'],
  ['FATAL:  data directory has invalid permissions', 'error'],
  ['LOG:  server process (PID 9) was terminated by signal 9: Killed', 'info'],
  ['LOG:  redo in progress, elapsed time: 10.00 s, current LSN: 0/1', 'info'],
  ['LOG:  checkpoint starting: time', undefined],
  ['LOG:  background worker "logical replication launcher" (PID 6) exited with exit code 1', undefined],
  ['FATAL:  the database system is starting up', undefined],
  ['FATAL:  terminating connection due to administrator command', undefined],
  ['DETAIL:  Key (secret)=(value) already exists.', undefined],
  ['STATEMENT:  select secret', undefined],
] as const)('%s -> %s', ([line, level]) => {
  expect(readServerLogLine(prefix + line)?.level).toBe(level);
});

test('continuation lines are not read as messages of their own', () => {
  expect(readServerLogLine('\tand more')).toBeUndefined();
});

test('a full disk is known by its words', () => {
  expect(saysDiskFull('initdb: error: could not write file: No space left on device')).toBe(true);
  expect(saysDiskFull('initdb: error: permission denied')).toBe(false);
});
