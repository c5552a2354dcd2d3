import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readModules } from '../../scripts/architecture/read-modules.ts';
import { projectRoot } from '../tooling/plant.ts';
import { connectionId, key, startEgress } from './egress-server.ts';

it('the client imports nothing but itself, what Node has, and p-queue, and so can be copied into any application', () => {
  const modules = readModules(projectRoot).filter(
    ({ path }) => path.startsWith('src/client/') && !path.endsWith('.test.ts'),
  );
  expect(modules.map(({ path }) => path)).toContain('src/client/client.ts');
  const foreign = modules.flatMap(({ path, imports }) =>
    imports
      .filter(({ specifier, target }) =>
        target === undefined ? !isBuiltin(specifier) && specifier !== 'p-queue' : !target.startsWith('src/client/'),
      )
      .map(({ specifier }) => `${path} imports ${specifier}`),
  );
  expect(foreign).toEqual([]);
});

/** An application that calls, streams, works in bulk and meets an error. */
const application = `
import { Readable } from 'node:stream';
import { bulk, posthorn, PosthornError, ProviderError } from './client/client.js';

posthorn.configure({ url: process.env.POSTHORN_URL, key: process.env.POSTHORN_KEY });
const id = process.argv[2];
const body = Readable.toWeb(Readable.from([Buffer.from('a'), Buffer.from('b')]));
const echoed = await (await posthorn.connection(id).fetch('/echo', { method: 'POST', body })).text();
const goroute = posthorn.goroute(id);
const results = await bulk(['1', '2', 'bad', '3'], (invoice) => goroute.send({ id: invoice, document: '<a/>' }));
const made = await posthorn.documenso(id).create({ title: 't', files: [{ name: 'a.pdf', content: Buffer.from('%PDF') }] });
const refused = await posthorn.connection(id).fetch('/paused').catch((error) => error);
console.log(JSON.stringify({
  echoed,
  ok: results.map(({ ok }) => ok),
  provider: results[2].error instanceof ProviderError && results[2].error.code,
  made: made.id,
  posthorn: refused instanceof PosthornError && refused.code,
}));
`;

/** Every Node of this machine from 20 on, by its major version: this one, and those on the PATH. */
function nodes(): [number, string][] {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'node'));
  const found = new Map<number, string>();
  for (const node of [process.execPath, ...onPath]) {
    const { stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' });
    const major = Number(/^v(\d+)/.exec(stdout ?? '')?.[1]);
    if (major >= 20 && !found.has(major)) found.set(major, node);
  }
  return [...found];
}

describe('the built client, without the rest of Posthorn', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'posthorn-client-'));
    execFileSync(process.execPath, ['scripts/build.ts', '--client', folder], { cwd: projectRoot });
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(join(projectRoot, 'node_modules', 'p-queue'), join(folder, 'node_modules', 'p-queue'));
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    writeFileSync(join(folder, 'application.js'), application);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(nodes())('runs under Node %i', async (_, node) => {
    const { url } = await startEgress(async ({ path, headers, body }) => {
      if (path === '/echo') return { body: await body() };
      if (path === '/paused') return { problem: 'connection_paused', status: 503 };
      await body();
      if (path.endsWith('/create')) return { json: { id: 'envelope_1' } };
      if (headers['idempotency-key'] === 'bad') return { status: 422, json: { error: { code: 'VAL_001' } } };
      return { json: { transaction_id: 't', status: 'pending' } };
    });
    const env = { ...process.env, POSTHORN_URL: url, POSTHORN_KEY: key };
    const child = spawn(node, ['application.js', connectionId], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [printed, complained] = await Promise.all([text(child.stdout), text(child.stderr)]);
    expect(complained).toBe('');
    expect(JSON.parse(printed)).toEqual({
      echoed: 'ab',
      ok: [true, true, false, true],
      provider: 'VAL_001',
      made: 'envelope_1',
      posthorn: 'connection_paused',
    });
  });
});
