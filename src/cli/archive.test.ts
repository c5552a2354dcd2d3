import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { type ArchiveStand, openArchiveStand } from '../../tests/archive/archive-stand.ts';
import { completeEnvelope } from '../../tests/archive/fake-provider.ts';
import { createRouteServer } from '../../tests/support/route-server.ts';
import { screen, typed } from '../../tests/support/screen.ts';
import { archiveRoutes } from '../archive/archive.routes.ts';
import type { VerificationAnswer } from './archive/archive-answers.ts';
import { renderProgress } from './archive/render-archive.rules.ts';
import { runVerify } from './archive/verify-archive.ts';
import { CliFailure } from './failure.ts';
import { visibleWidth } from './terminal/layout.rules.ts';

let stand: ArchiveStand;
let node: ReturnType<ArchiveStand['node']>;
let app: Awaited<ReturnType<typeof createRouteServer>>;
let url: string;
let made = 0;
beforeAll(async () => {
  stand = await openArchiveStand();
  node = stand.node();
  const services = { sealer: undefined as never, environment: 'development' as const, ...node.archive.services };
  const { clock, ids } = stand;
  app = await createRouteServer(
    archiveRoutes({ services: { ...services, database: stand.database.pool, clock, ids } }),
  );
  url = await app.listen({ port: 0, host: '127.0.0.1' });
  await stand.newTeam();
  node.archive.start();
});
beforeEach(() => stand.newTeam());
afterAll(async () => {
  await node.archive.stop();
  await app.close();
  await stand.close();
});

const common = (): string[] => ['--url', url, '--key', 'k', '--team', stand.teamId];
/** Runs the verb as the command line does. */
async function archive(args: string[], width = 140) {
  const written = await typed(['archive', ...args, ...common()], width);
  const exitCode = process.exitCode;
  process.exitCode = undefined;
  return { ...written, exitCode };
}
async function archived() {
  made += 1;
  const envelope = `cli_${made}`;
  const connection = stand.connect({ archive: false });
  const pdfs = completeEnvelope(stand.provider, envelope, 20_000);
  const { text } = await archive(['request', connection.id, envelope, '--json']);
  await expect.poll(async () => (await stand.job()).state, { timeout: 15_000 }).toBe('stored');
  const documents = await stand.documents();
  const signed = documents.find(({ kind }) => kind === 'signed');
  if (signed === undefined) throw new Error('nothing was archived');
  return { pdfs, signed, documents, job: (JSON.parse(text) as { id: string }).id };
}
async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'posthorn-fetch-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

describe('posthorn archive', () => {
  test('lists, shows and finds documents', async () => {
    const { signed, documents } = await archived();
    const { out } = await archive(['list']);
    expect(out).toHaveLength(4);
    expect(out[0]).toMatch(/^DOCUMENT +STORED +KIND/);
    const [only] = (await archive(['list', '--kind', 'signed', '--subject', signed.subject, '--json'])).out;
    expect(JSON.parse(only ?? '')).toEqual([signed]);
    const { text } = await archive(['show', signed.id]);
    expect(text).toContain(signed.sha256);
    expect(text).toContain('not since');
    const narrow = await archive(['list'], 60);
    expect(narrow.out.every((line) => visibleWidth(line) <= 60)).toBe(true);
    expect(narrow.out.filter((line) => line.startsWith('doc_'))).toHaveLength(documents.length);
    expect((await archive(['list', '--state', 'damaged'])).err[0]).toMatch(/no such document/);
  });

  test('fetches a document under its own name, and does not replace a file unless told to', async () => {
    const { pdfs, signed } = await archived();
    const place = await folder();
    const { text } = await archive(['fetch', signed.id, '-o', place]);
    expect(text).toContain(join(place, 'Lease.pdf'));
    expect((await readFile(join(place, 'Lease.pdf'))).equals(pdfs.signed)).toBe(true);
    await writeFile(join(place, 'other'), 'mine');
    const again = archive(['fetch', signed.id, '-o', join(place, 'other')]);
    await expect(again).rejects.toMatchObject({ what: expect.stringContaining('is there already') });
    expect(String(await readFile(join(place, 'other')))).toBe('mine');
    await archive(['fetch', signed.id, '-o', join(place, 'other'), '--force']);
    expect((await readFile(join(place, 'other'))).equals(pdfs.signed)).toBe(true);
    expect((await readdir(place)).sort()).toEqual(['Lease.pdf', 'other']);
  });

  test('leaves no file of a document whose bytes were changed, and says how to mend it', async () => {
    const { signed, job } = await archived();
    const place = await folder();
    await stand.tamper(signed.sha256, Buffer.alloc(signed.sizeBytes, '%'));
    const fetched = archive(['fetch', signed.id, '-o', place]);
    await expect(fetched).rejects.toBeInstanceOf(CliFailure);
    await expect(fetched).rejects.toMatchObject({ remedy: `mend it: posthorn archive retry ${job}` });
    expect(await readdir(place)).toEqual([]);
    await expect.poll(async () => (await stand.documents()).map(({ state }) => state)).toContain('damaged');
    const { text } = await archive(['retry', job]);
    expect(text).toContain(job);
    await expect.poll(async () => (await stand.documents()).map(({ state }) => state)).not.toContain('damaged');
    await archive(['fetch', signed.id, '-o', place]);
    expect(await readdir(place)).toEqual(['Lease.pdf']);
  });

  test('shows jobs with what stands in their way', async () => {
    const connection = stand.connect({ archive: false });
    await archive(['request', connection.id, 'cli_absent']);
    await expect.poll(async () => (await stand.job()).attempts).toBe(1);
    expect((await archive(['jobs', '--state', 'waiting'])).text).toMatch(/waiting +1 +not_found/);
    expect((await archive(['jobs', '--state', 'failed'])).err).toEqual(['There is no such job.']);
  });
});

describe('posthorn archive verify', () => {
  test('ends with 0 when all is whole, and with 1 when one document is not', async () => {
    const { signed } = await archived();
    expect(await archive(['verify', '--all'])).toMatchObject({
      exitCode: 0,
      out: ['3 documents verified, all whole.'],
    });
    await stand.tamper(signed.sha256, Buffer.from('tampered'));
    expect(await archive(['verify'])).toMatchObject({
      exitCode: 0,
      out: ['No document was due: what was found whole in the last 24 hours is passed over. --all reads it too.'],
    });
    const damaged = ['1 damaged.', 'See posthorn archive list --state damaged; show names the job to retry.'];
    expect(await archive(['verify', '--all'])).toMatchObject({
      exitCode: 1,
      out: [`3 documents verified: ${damaged[0]}`, damaged[1]],
    });
    // Known to be damaged: it is looked at again, however lately it was verified.
    expect(await archive(['verify'])).toMatchObject({
      exitCode: 1,
      out: [`1 document verified: ${damaged[0]}`, damaged[1]],
    });
    const { out, exitCode } = await archive(['verify', '--all', '--json']);
    expect([exitCode, JSON.parse(out[0] ?? '')]).toEqual([1, expect.objectContaining({ checked: 3, damaged: 1 })]);
  });

  test('says when there is nothing to verify', async () => {
    expect(await archive(['verify', '--all'])).toMatchObject({
      exitCode: 0,
      out: ['There is no document in the archive.'],
    });
  });

  test('draws how far it is on a terminal', async () => {
    await archived();
    const { terminal, out } = screen(80);
    const drawn: string[] = [];
    const flags = { url, key: 'k', team: stand.teamId, all: true as const, wait: true };
    expect(await runVerify(flags, terminal, { isTTY: true, write: (text) => drawn.push(text) })).toBe(0);
    expect(drawn.at(-1)).toBe(`\r[${'#'.repeat(40)}]  100 %  3 of 3 documents\n`);
    expect(out).toEqual(['3 documents verified, all whole.']);
  });

  test('the bar fits every width, and is full at the end alone', () => {
    const run = (checked: number, total: number): VerificationAnswer => ({
      state: 'running',
      startedAt: '',
      finishedAt: null,
      total,
      checked,
      damaged: 0,
      missing: 0,
    });
    for (let width = 30; width < 120; width += 7) {
      expect(renderProgress(run(1, 3), width).length).toBeLessThanOrEqual(Math.max(width, 27));
    }
    expect(renderProgress(run(1, 2), 80)).toContain(`[${'#'.repeat(20)}${'.'.repeat(20)}]   50 %`);
    expect(renderProgress(run(0, 0), 80)).toContain('100 %');
  });
});
