import { mkdtemp, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { SourceRow } from './read-source-config.ts';
import { createSourceCache } from './source-cache.ts';

async function place(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'posthorn-sources-')));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'data', 'sources.json');
}

function row(id: string): SourceRow {
  return {
    teamId: 'team_1',
    id,
    provider: 'documenso',
    name: 'Contracts',
    options: {},
    status: 'active',
    allowAddresses: null,
    ratePerSecond: null,
    bodyMaxBytes: 1_000,
    dedupeWindowSeconds: 60,
    credentials: [{ id: 'scr_1', name: '1', kind: 'secret', sealed: 'c2VhbGVk', expiresAtMs: null }],
  };
}

test('what is written is read, and replaces what was there as a whole', async () => {
  const path = await place();
  const cache = createSourceCache(path);
  expect(await cache.read()).toBeNull();
  await cache.write([row('src_1'), row('src_2')]);
  expect(await createSourceCache(path).read()).toEqual([row('src_1'), row('src_2')]);
  await cache.write([row('src_2')]);
  expect(await cache.read()).toEqual([row('src_2')]);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  await expect(stat(`${path}.new`)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('no sources make no file, but they do replace one', async () => {
  const path = await place();
  const cache = createSourceCache(path);
  await cache.write([]);
  expect(await cache.read()).toBeNull();
  await cache.write([row('src_1')]);
  await cache.write([]);
  expect(await cache.read()).toEqual([]);
});

test('a draft that a kill left behind is no matter', async () => {
  const path = await place();
  const cache = createSourceCache(path);
  await cache.write([row('src_1')]);
  await writeFile(`${path}.new`, 'torn{');
  expect(await cache.read()).toEqual([row('src_1')]);
  await cache.write([row('src_2')]);
  expect(await cache.read()).toEqual([row('src_2')]);
});

test('a file that is torn, empty or something else is an error that tells no content', async () => {
  const path = await place();
  const cache = createSourceCache(path);
  await cache.write([row('src_1')]);
  const whole = await readFile(path, 'utf8');
  const damaged = [
    '',
    'null',
    '7',
    '[]',
    '{"version":1}',
    '{"version":1,"sources":[null]}',
    '{"version":1,"sources":{}}',
  ];
  for (const text of [...damaged, whole.slice(0, -2), whole.slice(0, whole.length / 2)]) {
    await writeFile(path, text);
    const error = await cache.read().then(
      () => null,
      (reason: unknown) => reason as Error,
    );
    expect(error?.message, text).toMatch(/sources\.json (is damaged|was written by another release)/);
    expect(String(error?.cause)).not.toMatch(/sealed|Contracts/);
  }
  await writeFile(path, whole.replace('"version":1', '"version":2'));
  await expect(cache.read()).rejects.toThrow(/another release/);
});
