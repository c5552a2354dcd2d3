import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { verify } from '@octokit/webhooks-methods';
import { CommanderError } from 'commander';
import { describe, expect, onTestFinished, test } from 'vitest';
import { screen } from '../../tests/support/screen.ts';
import { buildProgram } from './program.ts';
import { runSimulate } from './simulate.ts';

type Received = { headers: IncomingHttpHeaders; body: string };

async function receiver(statusOf: (request: Received, nth: number) => number) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const got = { headers: request.headers, body };
      received.push(got);
      response.writeHead(statusOf(got, received.length - 1)).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/in/src_1`, received };
}

/** The verb as somebody types it: its options go through the command line's own parsing. */
async function simulate(
  args: string[],
  given: { stopped?: Promise<unknown>; stdin?: NodeJS.ReadableStream } = {},
  width?: number,
) {
  const { out, err, terminal } = screen(width);
  const command = buildProgram(terminal).commands.find((each) => each.name() === 'simulate');
  if (command === undefined) throw new Error('there is no verb simulate');
  const parsed = Promise.withResolvers<Parameters<typeof runSimulate>>();
  command.configureOutput({ writeErr: () => undefined }).action((provider: string | undefined, flags: object) => {
    parsed.resolve([provider, flags, terminal]);
  });
  await command.parseAsync(args, { from: 'user' });
  const [provider, flags] = await parsed.promise;
  return {
    exitCode: await runSimulate(provider, flags, terminal, { stopped: new Promise(() => undefined), ...given }),
    out,
    err,
  };
}

const isSecret = ({ headers }: Received): boolean => headers['x-documenso-secret'] === 's3cret';
const strict = (request: Received): number => (isSecret(request) ? 200 : 401);
const documenso = (url: string, ...more: string[]): string[] => [
  'documenso',
  '--to',
  url,
  '--secret',
  's3cret',
  '--seed',
  '1',
  ...more,
];

describe('what is sent', () => {
  test('is shown in a table with what became of it, and ends with 0', async () => {
    const { url, received } = await receiver(strict);
    const { exitCode, out } = await simulate(documenso(url));
    expect(exitCode).toBe(0);
    expect(received).toHaveLength(6);
    expect(out[0]).toMatch(/^time {6}event {25}subject {21}try {2}status {2}ms$/);
    expect(out[1]).toMatch(/^\d\d:\d\d:\d\d {2}DOCUMENT_CREATED {14}envelope_\w{16} {3}1 {4}200 {5}\d+$/);
    expect(out.slice(-2)[0]).toBe('6 notifications: 6 acknowledged.');
    expect(out.at(-1)).toMatch(/^6 requests in .*, answered in .* ms \(p99 .* ms\); --seed 1 tells the same story\.$/);
    expect(out.join('\n')).not.toContain('s3cret');
  });

  test('and fails is marked, and ends with 1', async () => {
    const { url } = await receiver((_request, nth) => (nth < 4 ? 500 : 200));
    const { exitCode, out } = await simulate(documenso(url));
    expect(exitCode).toBe(1);
    expect(out[1]).toMatch(/ 1 {4}500 .* will be sent again$/);
    expect(out[4]).toMatch(/ 4 {4}500 .* given up$/);
    expect(out.join('\n')).toContain('6 notifications: 5 acknowledged, 1 given up, 3 retries.');
  });

  test('and is forged has to be refused', async () => {
    const { url } = await receiver(strict);
    const { exitCode, out } = await simulate(documenso(url, '--forge', '--event', 'DOCUMENT_SENT', '--count', '3'));
    expect(exitCode).toBe(0);
    expect(out[1]).toMatch(/401 .* forged, refused$/);
    expect(out).toContain('3 requests that must be refused: 3 refused.');
    const gullible = await receiver(() => 200);
    const { exitCode: bad, out: said } = await simulate(documenso(gullible.url, '--forge'));
    expect(bad).toBe(1);
    expect(said).toContain('6 requests that must be refused: 0 refused, 6 accepted, which must not be.');
    const broken = await receiver(() => 500);
    expect((await simulate(documenso(broken.url, '--forge'))).exitCode).toBe(1);
  });

  test('in a burst shows only what went wrong', async () => {
    const { url, received } = await receiver((_request, nth) => (nth === 5 ? 500 : 200));
    const { exitCode, out } = await simulate(
      documenso(url, '--burst', '50', '-c', '4', '--duplicates', '50%', '--shuffle', '3'),
    );
    expect(exitCode).toBe(0);
    expect(out.filter((line) => line.includes('will be sent again'))).toHaveLength(1);
    expect(out).toHaveLength(5);
    expect(received.length).toBeGreaterThan(60);
    const down = await receiver(() => 500);
    const { out: said } = await simulate(documenso(down.url, '--burst', '50'));
    expect(said).toContain('Only the first 20 problems are shown.');
    expect(said.length).toBeLessThan(30);
  });

  test('is one JSON object a line with --json, without secrets', async () => {
    const { url } = await receiver(strict);
    const { out } = await simulate(documenso(url, '--json', '--flawed', '50', '--forge'));
    const lines = out.map((line) => JSON.parse(line) as object);
    expect(lines).toHaveLength(7);
    expect(lines[0]).toMatchObject({ event: 'DOCUMENT_CREATED', attempt: 1, sentAt: expect.stringMatching(/Z$/) });
    expect(lines.at(-1)).toMatchObject({ report: { provider: 'documenso', seed: '1', clean: true } });
    expect(out.join('\n')).not.toContain('s3cret');
  });

  test("comes from a scenario of the user's own", async () => {
    const folder = mkdtempSync(join(tmpdir(), 'posthorn-scenario-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'mine.json');
    writeFileSync(path, '{"provider": "documenso", "about": {"title": "Mine"}, "steps": [{"does": "create"}]}');
    const { url, received } = await receiver(strict);
    expect((await simulate(documenso(url, '--scenario', path))).exitCode).toBe(0);
    expect(received.map(({ body }) => JSON.parse(body) as object)).toMatchObject([{ payload: { title: 'Mine' } }]);
    writeFileSync(path, '{"provider": "documenso", "steps": [{"does": "crate"}]}');
    await expect(simulate(documenso(url, '--scenario', path))).rejects.toMatchObject({
      what: `${path}: steps[0].does "crate" is not known`,
      remedy: 'did you mean create?',
      exitCode: 2,
    });
  });

  test('is signed with a secret from a file or from standard input', async () => {
    const { url, received } = await receiver(strict);
    const one = ['documenso', '--to', url, '--event', 'DOCUMENT_SENT'];
    const stdin = Readable.from(['s3cret\n']);
    expect((await simulate([...one, '--secret', '-'], { stdin })).exitCode).toBe(0);
    const folder = mkdtempSync(join(tmpdir(), 'posthorn-secret-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'secret'), 's3cret\n');
    expect((await simulate([...one, '--secret-file', join(folder, 'secret')])).exitCode).toBe(0);
    expect(received).toHaveLength(2);
  });

  test('ends when it is told to stop, with 1', async () => {
    const stop = Promise.withResolvers<void>();
    const { url } = await receiver(() => {
      stop.resolve();
      return 200;
    });
    const { exitCode, out } = await simulate(documenso(url, '--speed', '0.001'), { stopped: stop.promise });
    expect(exitCode).toBe(1);
    expect(out).toContain('Interrupted before the end.');
  });
});

describe('--print', () => {
  /** As somebody would paste it: a command line has a limit, what is typed has none. */
  async function shell(commands: string): Promise<void> {
    const child = spawn('sh', ['-e'], { stdio: ['pipe', 'ignore', 'ignore'] });
    child.stdin.end(commands);
    const [code] = (await once(child, 'close')) as [number | null];
    expect(code).toBe(0);
  }

  test('gives commands that send exactly what would be sent, quotes, megabytes and empty headers too', async () => {
    const { url, received } = await receiver(() => 200);
    const github = ['github', '--to', url, '--secret', "It's a Secret", '--print'];
    const commands = (await simulate(github)).out.join('\n');
    await shell(commands);
    expect(received).toHaveLength(3);
    for (const { headers, body } of received) {
      expect(await verify("It's a Secret", body, String(headers['x-hub-signature-256']))).toBe(true);
    }
    const large = [
      'docusign',
      '--to',
      url,
      '--secret',
      'k',
      '--event',
      'envelope-completed',
      '--pdf-size',
      '300000',
      '--print',
    ];
    await shell((await simulate(large)).out.join('\n'));
    expect(JSON.parse(received.at(-1)!.body).data.envelopeSummary.status).toBe('completed');
    await shell((await simulate(['documenso', '--to', url, '--event', 'DOCUMENT_SENT', '--print'])).out.join('\n'));
    expect(received.at(-1)!.headers['x-documenso-secret']).toBe('');
  });

  test('gives the requests as they go over the wire, and as JSON', async () => {
    const at = ['--at', '2026-01-31T12:00:00Z', '--event', 'invoice.paid', '--to', 'http://hooks.test:81/in/a?b=c'];
    const { out } = await simulate(['stripe', ...at, '--secret', 'whsec_x', '--print', 'http']);
    const [head = '', body = ''] = out.join('\n').split('\r\n\r\n');
    expect(head.split('\r\n').slice(0, 2)).toEqual(['POST /in/a?b=c HTTP/1.1', 'Host: hooks.test:81']);
    expect(head).toContain('Stripe-Signature: t=1769860800,v1=');
    expect(head).toContain(`Content-Length: ${Buffer.byteLength(body.trimEnd())}`);
    const { out: json } = await simulate([
      'adobe-sign',
      '--to',
      'http://a.test',
      '--secret',
      'id',
      '--print',
      '--json',
    ]);
    expect(json.map((line) => /"method":"(\w+)"/.exec(line)?.[1])).toEqual(['GET', 'POST', 'POST', 'POST', 'POST']);
  });

  test('tells the same story twice when the time is given', async () => {
    const args = [
      'docusign',
      '--to',
      'http://a.test',
      '--secret',
      'k',
      '--seed',
      'x',
      '--at',
      '2026-01-31T12:00:00Z',
      '--print',
    ];
    expect((await simulate(args)).out).toEqual((await simulate(args)).out);
  });
});

describe('when nothing genuine is acknowledged', () => {
  test.each([
    [401, 'Is it the secret that the source has? posthorn sources rejections <source> says why they were refused.'],
    [404, 'There is no source at this URL: posthorn sources list shows those that there are.'],
  ])('and all were answered %i, it says what to look at', async (status, hint) => {
    const { url } = await receiver(() => status);
    const { exitCode, out } = await simulate(documenso(url));
    expect(exitCode).toBe(1);
    expect(out.at(-2)).toBe(hint);
  });

  test('because nothing listens, it says so', async () => {
    const { out } = await simulate(documenso('http://127.0.0.1:1/in/src_1', '--attempts', '1'));
    expect(out.at(-2)).toBe('Nothing listens there: is it running, and is it the right port?');
  });

  test('for several reasons, or of what must be refused, it leaves that to the rows', async () => {
    const { url } = await receiver((_request, nth) => (nth % 2 === 0 ? 401 : 404));
    const { out } = await simulate(documenso(url));
    expect(out.at(-2)).toBe('6 notifications: 0 acknowledged, 6 given up, 18 retries.');
    const forged = await simulate(documenso((await receiver(() => 401)).url, '--forge'));
    expect(forged.out.at(-2)).toBe('6 requests that must be refused: 6 refused.');
  });
});

describe('on 80 columns', () => {
  test('a row with what became of it fits, without the subject where there is no room for it', async () => {
    const { url } = await receiver(() => 401);
    const { out } = await simulate(documenso(url, '--forge'), {}, 80);
    expect(out[0]).toMatch(/^time {6}event {25}try {2}status {2}ms$/);
    expect(out[1]).toMatch(/^\d\d:\d\d:\d\d {2}DOCUMENT_CREATED {14}1 {4}401 {5}\d+ +forged, refused$/);
    const rows = out.slice(0, 7);
    expect(Math.max(...rows.map((row) => row.length))).toBeLessThanOrEqual(80);
    const one = await simulate(documenso(url, '--forge', '--event', 'DOCUMENT_SENT'), {}, 80);
    expect(one.out[0]).toContain('subject');
  });
});

describe('--list and --schema', () => {
  test('name every provider, and everything of one', async () => {
    const { out } = await simulate(['--list']);
    expect(out.slice(0, 3).map((line) => line.split(' ')[0])).toEqual(['documenso', 'docusign', 'goroute']);
    const one = (await simulate(['documenso', '--list'])).out.join('\n');
    for (const said of ['one-signer-completes', 'RECIPIENT_EXPIRED', 'signingOrder', 'APPROVER', 'the usual one']) {
      expect(one).toContain(said);
    }
    expect(JSON.parse((await simulate(['--list', '--json'])).out[0]!)).toHaveLength(12);
    expect(JSON.parse((await simulate(['stripe', '--list', '--json'])).out[0]!)).toMatchObject({ name: 'stripe' });
  });

  test('give a JSON Schema', async () => {
    expect(JSON.parse((await simulate(['--schema'])).out.join('\n'))).toMatchObject({
      required: ['provider', 'steps'],
    });
  });
});

describe('a wrong command is refused with its remedy', () => {
  test.each([
    [[], 'no provider is named'],
    [['documneso', '--to', 'http://a.test'], 'did you mean documenso?'],
    [['documenso'], '--to is missing'],
    [['documneso', '--list'], 'did you mean documenso?'],
    [['stripe', '--to', 'http://a.test'], 'give --secret'],
    [['documenso', '--to', 'http://a.test', '--scenario', 'cancelld'], 'did you mean cancelled?'],
    [['documenso', '--to', 'http://a.test', '--stale', '600'], 'leave --stale out'],
  ])('%j', async (args, said) => {
    await expect(simulate(args)).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining(said) });
  });

  test.each([
    [['documenso', '--duplicates', '120%'], 'write a percentage such as 20%'],
    [['documenso', '--speed', '0'], 'write 1, 60 or 0.5'],
    [['dropbox-sign', '--stale', '31536001'], 'write at most 31536000'],
    [['dropbox-sign', '--timeout', '86401'], 'write at most 86400'],
    [['dropbox-sign', '--stale', 'long'], 'not a number of seconds'],
    [['documenso', '--at', 'yesterday'], 'write 2026-01-31T12:00:00Z'],
    [['documenso', '--print', 'xml'], 'curl, http'],
  ])('%j', async (args, said) => {
    const refusal = await simulate(args).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(CommanderError);
    expect(String(refusal)).toContain(said);
  });

  test.each([
    ['/absent.pem', 'cannot be read (ENOENT)'],
    [import.meta.filename, 'has no certificate in it'],
  ])('--ca %s', async (path, said) => {
    await expect(simulate(documenso('http://a.test', '--ca', path))).rejects.toThrow(said);
  });
});
