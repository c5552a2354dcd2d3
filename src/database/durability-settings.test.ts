import { expect, test } from 'vitest';
import { queryOnce, startForTest, temporaryFolder } from '../../tests/support/embedded-folders.ts';
import { durabilityWarnings } from './durability-settings.rules.ts';
import { checkDurabilitySettings } from './durability-settings.ts';

const durable = { fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on', synchronous_standby_names: '' };

test('durable settings give no warning, and each weaker one gives its own', () => {
  expect(durabilityWarnings(durable)).toEqual([]);
  for (const name of ['fsync', 'full_page_writes', 'synchronous_commit'] as const) {
    expect(durabilityWarnings({ ...durable, [name]: 'off' })).toEqual([expect.stringContaining(`${name} is off`)]);
  }
  expect(durabilityWarnings({ ...durable, fsync: 'off', synchronous_commit: 'off' })).toHaveLength(2);
});

test('a commit that waits for this server alone is weak only where a synchronous standby is to take over', () => {
  for (const synchronous_commit of ['local', 'remote_write']) {
    expect(durabilityWarnings({ ...durable, synchronous_commit })).toEqual([]);
    expect(durabilityWarnings({ ...durable, synchronous_commit, synchronous_standby_names: 'a' })).toHaveLength(1);
  }
  for (const synchronous_commit of ['on', 'remote_apply']) {
    expect(durabilityWarnings({ ...durable, synchronous_commit, synchronous_standby_names: 'a' })).toEqual([]);
  }
});

test('the embedded server is durable by default, and a real server with weaker settings is found out', async () => {
  const dataFolder = await temporaryFolder();
  const query = (server: Awaited<ReturnType<typeof startForTest>>) => async (sql: string) => ({
    rows: (await queryOnce(server.connection, sql)) as { name: string; setting: string }[],
  });
  const asShipped = await startForTest({ dataFolder });
  expect(await checkDurabilitySettings(query(asShipped))).toEqual([]);
  await asShipped.stop();
  const weak = await startForTest({ dataFolder, settings: { fsync: 'off', synchronous_commit: 'off' } });
  expect(await checkDurabilitySettings(query(weak))).toEqual([
    expect.stringMatching(/^fsync is off/),
    expect.stringMatching(/^synchronous_commit is off/),
  ]);
});
