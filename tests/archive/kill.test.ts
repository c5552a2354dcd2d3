import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { openArchiveStand } from './archive-stand.ts';
import { answerPdf, completeEnvelope, paths } from './fake-provider.ts';

/** A node in a process of its own, on the same database, folder and provider. */
function nodeScript(given: { config: object; folder: string; url: string; connection: unknown }): string {
  const at = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  return `
    const { default: pg } = await import('pg');
    const { createArchive } = await import(${at('../../src/archive/create-archive.ts')});
    const { openBlobStore } = await import(${at('../../src/blobs/open-blob-store.ts')});
    const { createIdSource } = await import(${at('../../src/ids/id-source.ts')});
    const { plainCaller } = await import(${at('./archive-parts.ts')});
    const given = ${JSON.stringify(given)};
    const clock = { now: Date.now };
    const connections = new Map([[given.connection.id, given.connection]]);
    const archive = createArchive({
      database: new pg.Pool(given.config),
      blobs: openBlobStore({ kind: 'folder' }, given.folder),
      clock,
      ids: createIdSource(clock),
      connections: { all: () => connections.values(), find: (id) => connections.get(id) ?? null, awaitNew: () => null },
      call: plainCaller(given.url),
      timers: { after: (ms, run) => { const timer = setTimeout(run, ms); return { cancel: () => clearTimeout(timer) }; } },
      onTold: () => undefined,
      onError: (where, error) => console.error(where, error),
      limits: { leaseMs: 1_000 },
    });
    archive.start();`;
}

test('a node that is killed in the middle of a download leaves nothing half, and another goes on', async () => {
  const stand = await openArchiveStand();
  onTestFinished(() => stand.close());
  await stand.newTeam();
  const connection = stand.connect();
  const { signed } = completeEnvelope(stand.provider, 'envelope_kill', 5_000_000);
  stand.provider.on(paths.item('envelope_kill'), (_request, response) => {
    response.writeHead(200, { 'content-length': signed.length }).write(signed.subarray(0, 3_000_000));
  });
  await stand.event(connection, 'envelope_kill');
  const { config } = stand.database;
  const script = nodeScript({ config, folder: stand.folder, url: stand.provider.url, connection });
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' });
  const exited = once(child, 'exit');
  await expect.poll(async () => (await stand.files()).length, { timeout: 20_000 }).toBe(1);
  child.kill('SIGKILL');
  await exited;

  expect((await stand.files()).every((name) => name.startsWith('.draft-'))).toBe(true);
  expect(await stand.documents()).toEqual([]);
  expect(await stand.job()).toMatchObject({ state: 'waiting', attempts: 0 });

  stand.provider.on(paths.item('envelope_kill'), answerPdf(signed));
  const node = stand.node();
  node.archive.start();
  onTestFinished(() => node.archive.stop());
  // The dead node's lease ends by itself.
  await expect
    .poll(
      async () => {
        node.timers.advance(30_000);
        return (await stand.job()).state;
      },
      { timeout: 20_000, interval: 200 },
    )
    .toBe('stored');
  expect(await stand.documents()).toHaveLength(3);
  expect(await stand.jobs()).toHaveLength(1);
});
