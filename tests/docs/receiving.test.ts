import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { problemCodes } from '../../src/problem.ts';
import { rejectionReasons, type RejectionReason } from '../../src/providers/provider-profile.ts';
import { refusalOf } from '../../src/receiving/refusal.rules.ts';
import type { Exchange } from '../../src/simulation/report.rules.ts';
import { simulate } from '../../src/simulation/simulate.ts';
import { type Api, createApi } from '../support/api.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { createOwnDatabase, databaseUrlOf, placeOfServer } from '../support/own-database.ts';
import { type PosthornProcess, startPosthorn } from '../support/posthorn-process.ts';
import { until } from '../support/until.ts';
import { expectExcerpt } from './excerpt.ts';
import { blockOf, pageAt, tableRows } from './pages.ts';
import { freePort, openShell } from './shell.ts';
import { openStage, type Stage } from './stage.ts';

const longMs = 180_000;
const readme = pageAt('README.md');
const page = pageAt('docs/receiving.md');

/** What a simulation prints that differs from run to run, beside what every page has. */
function alike(text: string): string {
  return text.replaceAll(/envelope_\w+/g, 'envelope_id').replaceAll(/( [1-5]\d\d) +\d+$/gm, '$1 N');
}

describe('what is shown of receiving', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
  }, longMs);
  afterAll(async () => {
    await stage?.close();
  }, longMs);

  async function openTerminal(port: string) {
    const shell = openShell({ cwd: stage.folder });
    onTestFinished(shell.stop);
    const steps = (role: string): string[] =>
      readme.blocks
        .filter((block) => block.language === 'sh' && block.role === role)
        .map(({ text }) => text.replaceAll('http://127.0.0.1:8420', stage.url).replaceAll('8421', port));
    const [setUp = '', create = ''] = steps('quickstart');
    await shell.run(setUp);
    await shell.run(create);
    return { shell, steps: steps('receiving') };
  }

  it('the README receives as it is written, and shows what comes', { timeout: longMs }, async () => {
    const { shell, steps } = await openTerminal(String(await freePort()));
    expect(steps).toHaveLength(5);
    const [source, inbox, sign, forge, rejections] = steps as [string, string, string, string, string];
    const said = (text: string): Promise<unknown> =>
      until(`the inbox to say "${text}"`, () => shell.output().includes(text), { deadlineMs: 60_000 });
    await shell.run(source);
    await shell.run(inbox);
    await said('Posthorn inbox at');
    expectExcerpt(alike(await shell.run(sign)), alike(blockOf(readme, 'text', 'simulated')));
    await said('1 webhook received.');
    expectExcerpt(shell.output(), blockOf(readme, 'text', 'received'));
    expect(await shell.run(forge)).toContain('1 request that must be refused: 1 refused.');
    const rejected = await until(
      'the rejection to be on record',
      async () => {
        const printed = await shell.run(rejections);
        return printed.includes('signature_mismatch') ? printed : null;
      },
      { deadlineMs: 60_000 },
    );
    expectExcerpt(rejected, blockOf(readme, 'text', 'rejected'));
  });

  it('docs/receiving.md shows an origin, a mask and a reference as they are', { timeout: longMs }, async () => {
    const { shell } = await openTerminal(String(await freePort()));
    const [make = '', look = '', ...rest] = page.blocks.filter(({ role }) => role === 'runs').map(({ text }) => text);
    await shell.run(make);
    expectExcerpt(await shell.run(look), blockOf(page, 'json', 'origin'));
    const reveal = rest.find((text) => text.includes('reveal=true')) ?? '';
    expect(await shell.run(reveal)).toMatch(/^\*\*\*\n[\w-]{10,}$/);

    const team = await shell.run('echo "$TEAM"');
    const path = `/v1/teams/${team}`;
    const large = rest.find((text) => text.includes('--pdf-size')) ?? '';
    const { id } = await stage.call<{ id: string }>('POST', `${path}/endpoints`, {
      url: `${stage.url}/livez`,
      eventTypes: ['envelope-completed'],
      largeBodies: { inlineMaxBytes: 10_000 },
    });
    await shell.run(large);
    type Delivery = { id: string; attempts: { request: { headers: { name: string; value: string }[] } }[] };
    const attempt = await until('an attempt', async () => {
      const list = await stage.call<{ data: Delivery[] }>('GET', `${path}/deliveries?endpoint=${id}`);
      const [first] = list.data;
      if (first === undefined) return null;
      return (await stage.call<Delivery>('GET', `${path}/deliveries/${first.id}`)).attempts[0];
    });
    expect(attempt.request.headers).toContainEqual({ name: 'posthorn-body', value: 'reference' });
    expect(attempt.request.headers).toContainEqual({ name: 'posthorn-verified', value: 'body' });
  });
});

describe('docs/receiving.md', () => {
  it('has every reason for a refusal, with what it is answered', () => {
    const rows = tableRows(page, 'reason').map(([reason, answer]) => [reason, Number(answer)]);
    const real = Object.keys(rejectionReasons).map((reason) => {
      const rejection = { verified: false, reason: reason as RejectionReason, detail: '' } as const;
      return [reason, problemCodes[refusalOf(rejection, { ratePerSecond: 1 }).code].status];
    });
    expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(real));
    expect(rows).toHaveLength(real.length);
  });

  /** A Posthorn on a database that can go away, on one data folder over restarts. */
  async function standBehindProxy() {
    const dataFolder = await mkdtemp(join(tmpdir(), 'posthorn-docs-spool-'));
    const database = await createOwnDatabase();
    const proxy = await startFaultProxy(placeOfServer(inject('testServer')));
    const running: PosthornProcess[] = [];
    onTestFinished(async () => {
      for (const each of running) if (each.running()) await each.end('SIGKILL');
      await rm(dataFolder, { recursive: true, force: true });
    });
    const begin = async (awaitReady: boolean): Promise<PosthornProcess> => {
      const env = { DATABASE_URL: databaseUrlOf(database.config, proxy.port), POSTHORN_SHUTDOWN_SECONDS: '2' };
      const posthorn = await startPosthorn({ dataFolder, env, awaitReady });
      running.push(posthorn);
      return posthorn;
    };
    return { proxy, begin, api: createApi(() => (running.at(-1) as PosthornProcess).url) };
  }

  type Readiness = { ready: boolean; checks: { name: string; ok: boolean; detail: string }[] };
  const isReady = async (api: Api): Promise<boolean> => (await api.ask<Readiness>('GET', '/readyz')).body.ready;

  it('says what happens while the database is away, and after a start without it', { timeout: longMs }, async () => {
    const { proxy, begin, api } = await standBehindProxy();
    const first = await begin(true);
    const { id: team } = (await api.ask<{ id: string }>('POST', '/v1/teams', { name: 'Acme' })).body;
    const secret = 'correct horse battery staple';
    const made = await api.ask<{ id: string }>('POST', `/v1/teams/${team}/sources`, {
      provider: 'documenso',
      name: 'Contracts',
      credentials: [{ value: secret }],
    });
    const source = made.body.id;
    let posthorn = first;
    /** In the order in which they were acknowledged, duplicates aside. */
    const told: string[] = [];
    const send = async (seed: string, isAgain = false) => {
      const story = { seed, atMs: Date.UTC(2026, 10, 21), provider: 'documenso', secrets: [secret] };
      const onExchange = ({ event }: Exchange): void => {
        if (!isAgain) told.push(event);
      };
      return await simulate({ ...story, to: `${posthorn.url}/in/${source}`, onExchange });
    };
    expect((await send('before')).clean).toBe(true);

    await proxy.down();
    const during = await send('during');
    expect(during.genuine).toMatchObject({ acknowledged: 6, retries: 0 });
    const again = await send('during', true);
    expect(again.genuine.acknowledged).toBe(6);
    const { status, body } = await api.ask<Readiness>('GET', '/readyz');
    expect(status).toBe(503);
    expect(body.checks.filter(({ ok }) => !ok).map(({ name }) => name)).toContain('database');
    expect(body.checks.find(({ name }) => name === 'spool')).toMatchObject({
      ok: true,
      detail: expect.stringMatching(/^6 requests wait for the database, the oldest for \d+ s; 0 % full$/) as string,
    });

    await first.end('SIGKILL');
    posthorn = await begin(false);
    const later = await send('later');
    expect(later.genuine).toMatchObject({ acknowledged: 6, retries: 0 });
    expect((await api.ask('GET', `/v1/teams/${team}`)).status).toBe(503);

    await proxy.up();
    await until('everything to be well again', () => isReady(api), { deadlineMs: 60_000 });
    const events = await until('the spool to be drained', async () => {
      const { data } = (await api.ask<{ data: { type: string }[] }>('GET', `/v1/teams/${team}/events?source=${source}`))
        .body;
      return data.length >= told.length ? data.toReversed() : null;
    });
    expect(events.map(({ type }) => type)).toEqual(told);
    expect((await api.ask<Readiness>('GET', '/readyz')).body.checks).toContainEqual({
      name: 'spool',
      ok: true,
      detail: 'empty',
    });
  });
});
