import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../tests/spool/spool-fixtures.ts';
import { setRecordAside } from './set-record-aside.ts';

test('a record is kept as it was, for its owner alone, and none takes the place of another', async () => {
  const folder = join(await temporaryFolder(), 'aside');
  const record = { head: '{"type":"é"}', body: Buffer.from([0, 255, 10]), appendedAtMs: 1_700_000_000_000.5 };
  const places = [await setRecordAside(folder, record), await setRecordAside(folder, record)];
  expect(new Set(places).size).toBe(2);
  expect(await readdir(folder)).toHaveLength(4);
  for (const place of places) {
    expect(await readFile(`${place}.json`, 'utf8')).toBe(record.head);
    expect(await readFile(`${place}.body`)).toEqual(record.body);
    expect((await stat(`${place}.json`)).mode & 0o777).toBe(0o600);
  }
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
});
