import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const team = 'team_01h455vb4pex5vsknk084sn02q';
const tracer = 'strace';
const canTrace = spawnSync(tracer, ['-o', '/dev/null', 'true']).status === 0;

/** What a put of `blobs` does to the disk, in order: the call and the path, below the folder's parent. */
async function callsOfPuts(blobs: readonly string[]): Promise<string[]> {
  const parent = await mkdtemp(join(tmpdir(), 'posthorn-trace-'));
  onTestFinished(() => rm(parent, { recursive: true }));
  const module = new URL('./folder-blob-store.ts', import.meta.url).href;
  const script = `
    const { createFolderBlobStore } = await import(${JSON.stringify(module)});
    const store = createFolderBlobStore({ folder: ${JSON.stringify(join(parent, 'blobs'))} });
    for (const blob of ${JSON.stringify(blobs)}) await store.put('20260101/${team}/' + blob, Buffer.alloc(300_000));
    await store.close();`;
  const trace = join(parent, 'trace');
  const calls = 'trace=mkdir,mkdirat,write,pwrite64,fsync,fdatasync,rename,renameat,renameat2';
  const node = [process.execPath, '--input-type=module', '-e', script];
  expect(spawnSync(tracer, ['-f', '-y', '-e', calls, '-o', trace, ...node]).status).toBe(0);
  const lines = (await readFile(trace, 'utf8'))
    .split('\n')
    .filter((line) => line.includes(`${parent}/`) || line.includes(`${parent}>`));
  return lines.map((line) => {
    const [, call = '', rest = ''] = /^\d+\s+([a-z]+)\w*\((.*)$/.exec(line) ?? [];
    const paths = [...rest.matchAll(/(?:<|")([^<>"]*)(?:>|")/g)].map(([, path = '']) => path);
    const path = paths.findLast((each) => each.startsWith(parent)) ?? '';
    return `${call} ${path.slice(parent.length + 1)}`.replace(/\.draft-\w+/, 'draft').trim();
  });
}

test.skipIf(!canTrace)(
  'a blob has its name once it is on disk, and put resolves once its name is (needs strace)',
  async () => {
    const home = `blobs/20260101/${team}`;
    const writing = (blob: string) => [
      `write ${home}/draft`,
      `fdatasync ${home}/draft`,
      `rename ${home}/${blob}`,
      `fsync ${home}`,
    ];
    expect(await callsOfPuts(['a', 'b'])).toEqual([
      'mkdir blobs',
      'fsync',
      'mkdir blobs/20260101',
      'fsync blobs',
      `mkdir ${home}`,
      'fsync blobs/20260101',
      ...writing('a'),
      ...writing('b'),
    ]);
  },
);
