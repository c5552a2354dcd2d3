import { expect, test } from 'vitest';
import { firstBlockingFolder, mayOpenToGroup, permissionsOf } from './reachability.rules.ts';

const folder = (path: string, mode: number, uid = 0, gid = 0) => ({ path, mode, uid, gid });

test('the owner has the first three bits, the group the next, others the last, and never a union', () => {
  expect(permissionsOf({ uid: 5, gid: 6 }, folder('/', 0o074, 5, 6))).toBe(0);
  expect(permissionsOf({ uid: 1, gid: 6 }, folder('/', 0o074, 5, 6))).toBe(7);
  expect(permissionsOf({ uid: 1, gid: 1 }, folder('/', 0o074, 5, 6))).toBe(4);
  expect(permissionsOf({ uid: 0, gid: 1 }, folder('/', 0o000, 5, 6))).toBe(7);
});

test('the first folder without the x bit blocks, whatever comes below it', () => {
  const chain = [folder('/', 0o755), folder('/root', 0o700), folder('/root/data', 0o777)];
  expect(firstBlockingFolder({ uid: 101, gid: 101 }, chain)?.path).toBe('/root');
  expect(firstBlockingFolder({ uid: 101, gid: 101 }, chain.toSpliced(1, 1))).toBeUndefined();
  expect(firstBlockingFolder({ uid: 101, gid: 101 }, [folder('/a', 0o766)])?.path).toBe('/a');
});

test('only a folder that root keeps to itself is opened to the server', () => {
  expect(mayOpenToGroup(folder('/data', 0o40700))).toBe(true);
  expect(mayOpenToGroup(folder('/data', 0o40710))).toBe(true);
  expect(mayOpenToGroup(folder('/data', 0o40750))).toBe(false);
  expect(mayOpenToGroup(folder('/data', 0o40711))).toBe(false);
  expect(mayOpenToGroup(folder('/data', 0o40700, 1000))).toBe(false);
});
