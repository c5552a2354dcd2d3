import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { until } from '../support/until.ts';
import { expectExcerpt } from './excerpt.ts';
import { blockOf, pageAt, pages, tableRows } from './pages.ts';
import { freePort, isOnThisMachine, openShell, startProgram } from './shell.ts';
import { type Attempt, openStage, type Stage } from './stage.ts';

const longMs = 180_000;
let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
}, longMs);
afterAll(async () => {
  await stage?.close();
}, longMs);

it('the quickstart of the README runs as it is written, and shows what it says', { timeout: longMs }, async () => {
  const page = pageAt('README.md');
  const inboxPort = await freePort();
  const steps = page.blocks
    .filter(({ language, role }) => language === 'sh' && role === 'quickstart')
    .map(({ text }) => text.replaceAll('http://127.0.0.1:8420', stage.url).replaceAll('8421', String(inboxPort)));
  expect(steps).toHaveLength(5);
  const [setUp, create, listen, post, read] = steps as [string, string, string, string, string];

  const shell = openShell({ cwd: stage.folder });
  onTestFinished(shell.stop);
  await shell.run(setUp);
  expect(await shell.run(create)).toBe('invoice.paid');
  await shell.run(listen);
  const said = (text: string): Promise<unknown> =>
    until(`the inbox to say "${text}"`, () => shell.output().includes(text), { deadlineMs: 60_000 });
  await said('Posthorn inbox at');
  expectExcerpt(await shell.run(post), blockOf(page, 'json', 'answer'));
  await said('1 webhook received.');
  expectExcerpt(shell.output(), blockOf(page, 'text', 'inbox'));
  await stage.succeeded(await shell.run('echo "$TEAM"'));
  expectExcerpt(await shell.run(read), blockOf(page, 'text', 'attempt'));
});

const guides = pages.filter(({ blocks }) => blocks.some(({ role }) => role === 'runs'));

describe.each(guides.map((page) => [page.path, page] as const))('%s', (_path, page) => {
  it('has commands that run', { timeout: longMs }, async () => {
    const { team, endpoint } = await stage.makeTeam();
    const shell = openShell({ cwd: stage.folder, env: { URL: stage.url, TEAM: team, ENDPOINT: endpoint } });
    onTestFinished(shell.stop);
    const [setUp = ''] = pageAt('README.md').blocks.flatMap(({ role, text }) => (role === 'quickstart' ? [text] : []));
    // The quickstart sees that npx finds Node; here it would take longer than most of the commands.
    await shell.run(setUp.replace('http://127.0.0.1:8420', stage.url).replace('npx node', `'${process.execPath}'`));
    for (const { language, role, text } of page.blocks) {
      if (role !== 'runs') continue;
      expect(language).toBe('sh');
      const printed = await shell.run(text);
      expect(printed).not.toContain('undefined');
    }
  });
});

describe('docs/feed.md', () => {
  const consume = async (command: string, args: string[]): Promise<string[]> => {
    const { team, post } = await stage.makeTeam();
    const env = { URL: stage.url, TEAM: team, KEY: stage.key };
    const loop = startProgram(command, args, { cwd: stage.workFolder('feed'), env });
    onTestFinished(loop.stop);
    const handled = (id: string): Promise<unknown> =>
      until(`${id} to be handled`, () => loop.output().includes(`handled ${id}`), { deadlineMs: 60_000 });
    // With the one that was there before, three.
    await handled((await post({ n: 1 })).id);
    await handled((await post({ n: 2 })).id);
    return [...loop.output().matchAll(/handled (evt_\w+)/g)].map(([, id]) => String(id));
  };

  const threeInOrder = (ids: string[]): string[] => ids.toSorted((one, other) => (one < other ? -1 : 1)).slice(-3);

  it('consumes in TypeScript', { timeout: longMs }, async () => {
    const file = join(stage.workFolder('feed'), 'consume.mts');
    writeFileSync(file, blockOf(pageAt('docs/feed.md'), 'ts', 'loop'));
    const ids = await consume(process.execPath, [file]);
    expect(ids).toEqual(threeInOrder(ids));
  });

  it('consumes in the shell', { timeout: longMs }, async ({ skip }) => {
    if (!isOnThisMachine('jq')) skip('jq is not on this machine');
    const ids = await consume('bash', ['-c', blockOf(pageAt('docs/feed.md'), 'sh', 'loop')]);
    expect(ids).toEqual(threeInOrder(ids));
  });
});

describe('docs/verifying.md', () => {
  const page = pageAt('docs/verifying.md');
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  type Case = { what: string; headers: Record<string, string>; body: string; holds: boolean; stale?: true };
  let cases: Case[];

  beforeAll(async () => {
    const { attempt } = await stage.makeTeam(secret);
    cases = casesOf(attempt);
  }, longMs);

  function casesOf({ request }: Attempt): Case[] {
    // The length is that of the body that was sent: another one has its own.
    const sent = request.headers.filter(({ name }) => name !== 'content-length');
    const headers = Object.fromEntries(sent.map(({ name, value }) => [name, value]));
    const body = request.body.content;
    const signature = headers['webhook-signature'] ?? '';
    const old = new Date(Date.now() - 600_000);
    const resigned = {
      'webhook-timestamp': String(Math.floor(old.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign(headers['webhook-id'] ?? '', old, body),
    };
    const none = `v1,${Buffer.alloc(32).toString('base64')}`;
    return [
      { what: 'the real request', headers, body, holds: true },
      { what: 'two secrets', headers: { ...headers, 'webhook-signature': `${none} ${signature}` }, body, holds: true },
      { what: 'another body', headers, body: body.replace('1250.00', '1.00'), holds: false },
      { what: 'another id', headers: { ...headers, 'webhook-id': 'evt_other' }, body, holds: false },
      { what: 'no signature that fits', headers: { ...headers, 'webhook-signature': none }, body, holds: false },
      { what: 'an old request', headers: { ...headers, ...resigned }, body, holds: false, stale: true },
    ];
  }

  const expectOf = (some: Case[]): unknown => some.map(({ what, holds }) => [what, holds]);

  const receive = async (command: string, args: string[]): Promise<[string, boolean | number][]> => {
    const port = await freePort();
    const receiver = startProgram(command, args, {
      cwd: dirname(args.at(-1) as string),
      env: { PORT: String(port), WEBHOOK_SECRET: secret },
    });
    onTestFinished(receiver.stop);
    const send = async ({ headers, body }: Case): Promise<number> => {
      const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body });
      return response.status;
    };
    const [first] = cases as [Case];
    await until('the receiver to answer', () => send(first), { deadlineMs: 60_000 });
    const statuses: [string, boolean | number][] = [];
    for (const each of cases) {
      const status = await send(each);
      statuses.push([each.what, status === 204 ? true : status === 401 ? false : status]);
    }
    return statuses;
  };

  const execute = (command: string, args: string[], cwd: string, env: Record<string, string>) =>
    new Promise<{ ok: boolean; output: string }>((resolve) => {
      execFile(command, args, { cwd, env: { ...process.env, ...env } }, (error, stdout, stderr) =>
        resolve({ ok: error === null, output: stdout + stderr }),
      );
    });

  it('verifies in TypeScript', { timeout: longMs }, async () => {
    const file = join(stage.workFolder('verify-ts'), 'receiver.mts');
    writeFileSync(file, blockOf(page, 'ts', 'receiver'));
    expect(await receive(process.execPath, [file])).toEqual(expectOf(cases));
  });

  it('verifies in Python', { timeout: longMs }, async ({ skip }) => {
    if (!isOnThisMachine('python3')) skip('python3 is not on this machine');
    const file = join(stage.workFolder('verify-python'), 'receiver.py');
    writeFileSync(file, blockOf(page, 'python', 'receiver'));
    expect(await receive('python3', [file])).toEqual(expectOf(cases));
  });

  it('verifies in Go', { timeout: longMs }, async ({ skip }) => {
    if (!isOnThisMachine('go')) skip('go is not on this machine');
    const folder = stage.workFolder('verify-go');
    writeFileSync(join(folder, 'go.mod'), 'module example.com/receiver\n\ngo 1.21\n');
    writeFileSync(join(stage.workFolder('verify-go/webhooks'), 'verify.go'), blockOf(page, 'go', 'function'));
    writeFileSync(
      join(folder, 'main.go'),
      'package main\n\nimport (\n\t"example.com/receiver/webhooks"\n\t"os"\n)\n\nfunc main() {\n' +
        '\tif !webhooks.Verified(os.Getenv("SECRET"), os.Getenv, []byte(os.Getenv("BODY"))) {\n\t\tos.Exit(1)\n\t}\n}\n',
    );
    const built = await execute('go', ['build', '-o', 'receiver', '.'], folder, {
      GOTOOLCHAIN: 'local',
      GOPROXY: 'off',
      GOFLAGS: '-mod=mod',
    });
    expect(built).toEqual({ ok: true, output: built.output });
    const verdicts: [string, boolean][] = [];
    for (const { what, headers, body } of cases) {
      const { ok } = await execute('./receiver', [], folder, { ...headers, SECRET: secret, BODY: body });
      verdicts.push([what, ok]);
    }
    expect(verdicts).toEqual(expectOf(cases));
  });

  it('verifies in the shell', { timeout: longMs }, async ({ skip }) => {
    if (!isOnThisMachine('openssl')) skip('openssl is not on this machine');
    const folder = stage.workFolder('verify-shell');
    // The page says that the shell does not look at the age.
    const young = cases.filter(({ stale }) => stale !== true);
    const verdicts: [string, boolean][] = [];
    for (const { what, headers, body } of young) {
      writeFileSync(join(folder, 'body'), body);
      const named = Object.entries(headers).map(([name, value]) => [name.toUpperCase().replaceAll('-', '_'), value]);
      const { ok } = await execute('bash', ['-c', blockOf(page, 'sh', 'verify')], folder, {
        ...Object.fromEntries(named),
        WEBHOOK_SECRET: secret,
      });
      verdicts.push([what, ok]);
    }
    expect(verdicts).toEqual(expectOf(young));
  });
});

it('docs/operations.md has every metric of a real node with its labels', async () => {
  const text = await (await fetch(`${stage.url}/metrics`)).text();
  const real = [...text.matchAll(/^# TYPE (posthorn_\w+) /gm)].map(([, name]) => name);
  const rows = tableRows(pageAt('docs/operations.md'), 'metric');
  expect(rows).toHaveLength(real.length);
  expect(new Set(rows.map(([name]) => name))).toEqual(new Set(real));
  for (const [name = '', label = ''] of rows) {
    const labels = [...text.matchAll(new RegExp(`^${name}(?:_bucket)?\\{(\\w+)=`, 'gm'))].map(([, found]) => found);
    if (labels.length > 0) expect([name, ...new Set(labels)]).toEqual([name, label]);
  }
});

it('the metrics count what was accepted, answered again and refused', async () => {
  const { team } = await stage.makeTeam();
  const event = { type: 'invoice.paid', payload: {}, idempotencyKey: 'once' };
  await stage.call('POST', `/v1/teams/${team}/events`, event);
  await stage.call('POST', `/v1/teams/${team}/events`, event);
  await expect(stage.call('POST', `/v1/teams/${team}/events`, { ...event, type: 'nothing' })).rejects.toThrow('422');
  const text = await (await fetch(`${stage.url}/metrics`)).text();
  for (const name of [
    'events_accepted_total',
    'events_duplicate_total',
    'http_problems_total{code="unknown_event_type"}',
  ])
    expect(text).toMatch(new RegExp(`^posthorn_${name.replaceAll(/[{}]/g, '\\$&')} [1-9]`, 'm'));
});

it('every path of the API that the pages name is there', async () => {
  const { paths } = (await (await fetch(`${stage.url}/openapi.json`)).json()) as { paths: Record<string, object> };
  const shape = (path: string): string =>
    path.replaceAll(/\{[^}]*\}|:\w+|\$\w+|\b[a-z]{2,4}_[0-9a-z]{26}/g, '*').replace(/\?.*$/, '');
  const real = new Map(Object.entries(paths).map(([path, methods]) => [shape(path), Object.keys(methods)]));
  const missing: string[] = [];
  for (const { path: page, text } of pages) {
    if (!page.startsWith('docs/')) continue;
    for (const [, method, path = ''] of text.matchAll(/(?:\b(GET|POST|PATCH|DELETE) |\$URL)(\/v1\/[\w/:${}-]+)/g)) {
      const methods = real.get(shape(path));
      const known = methods !== undefined && (method === undefined || methods.includes(method.toLowerCase()));
      if (!known) missing.push(`${page}: ${method ?? ''} ${path}`);
    }
  }
  expect(missing).toEqual([]);
});
