import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createPublicKey } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { screen } from '../../../tests/support/screen.ts';
import { until } from '../../../tests/support/until.ts';
import { buildProgram } from '../program.ts';
import type { ApiFlags } from './api-flags.ts';
import { runSimulateApi } from './run-api.ts';

/** The verb as somebody types it: its options go through the command line's own parsing. */
async function parse(args: string[]): Promise<[string, ApiFlags]> {
  const program = buildProgram(screen().terminal);
  const api = program.commands
    .find((each) => each.name() === 'simulate')
    ?.commands.find((each) => each.name() === 'api');
  const parsed = Promise.withResolvers<[string, ApiFlags]>();
  api?.action((provider: string, flags: ApiFlags) => parsed.resolve([provider, flags]));
  await program.parseAsync(['simulate', 'api', ...args], { from: 'user' });
  return await parsed.promise;
}

/** Runs it until the test is over. */
async function run(args: string[], stdin = '') {
  const [provider, flags] = await parse([...args, '--port', '0', '--json']);
  const { terminal, out, err } = screen();
  const stop = Promise.withResolvers<void>();
  const ended = runSimulateApi(provider, flags, terminal, { stopped: stop.promise, stdin: Readable.from([stdin]) });
  const end = async (): Promise<void> => {
    stop.resolve();
    await ended;
  };
  await Promise.race([ended, until('the set-up', () => out.length > 0)]);
  onTestFinished(end);
  const { setUp } = JSON.parse(out[0] ?? '{}') as { setUp: Record<string, string> };
  const told = (): Record<string, Record<string, unknown>>[] => out.slice(1).map((line) => JSON.parse(line) as never);
  return { setUp, told, end, err };
}

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'posthorn-simulate-api-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

test('the key of GoRoute is one of the sandbox, unless production is played', async () => {
  const [{ setUp: sandbox }, { setUp: production }] = [
    await run(['goroute']),
    await run(['goroute', '--production-key']),
  ];
  expect(sandbox['apiKey']).toMatch(/^sk_test_/);
  expect(production['apiKey']).toMatch(/^pk_goroute_/);
  const [, flags] = await parse(['documenso', '--production-key']);
  await expect(runSimulateApi('documenso', flags, screen().terminal)).rejects.toMatchObject({
    what: '--production-key means nothing to documenso',
  });
});

test('it prints what a client needs, and a line for each request, with the faults that it was told', async () => {
  const { setUp, told } = await run(['documenso', '--fault', '429=5:x1', '--seed', 'a']);
  const ask = () => fetch(`${setUp['apiV2']}/envelope`, { headers: { authorization: setUp['apiToken'] ?? '' } });
  const first = await ask();
  expect([first.status, first.headers.get('retry-after')]).toEqual([429, '5']);
  expect((await ask()).status).toBe(200);
  expect(told().map(({ request }) => [request?.['method'], request?.['status'], request?.['fault']])).toEqual([
    ['GET', 429, '429'],
    ['GET', 200, null],
  ]);
});

test('equal seeds keep the keys, so that what was set up once still holds', async () => {
  const [one, again, other] = [
    await run(['goroute', '--seed', 'a']),
    await run(['goroute', '--seed', 'a']),
    await run(['goroute', '--seed', 'b']),
  ];
  expect(again.setUp['apiKey']).toBe(one.setUp['apiKey']);
  expect(other.setUp['apiKey'] === one.setUp['apiKey']).toBe(false);
});

test('webhooks go where it was told, signed with the secret from standard input', async () => {
  const received: { secret: unknown; body: string }[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      received.push({ secret: request.headers['x-documenso-secret'], body });
      response.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const to = `http://127.0.0.1:${(server.address() as AddressInfo).port}/in/src_1`;
  const args = ['documenso', '--webhook', to, '--webhook-secret-stdin', '--webhook-event', 'DOCUMENT_COMPLETED'];
  const { setUp, told } = await run([...args, '--sign-after', '0.01'], 'correct horse\n');
  const form = new FormData();
  const recipients = [{ name: 'Noor', email: 'noor@example.com', role: 'SIGNER' }];
  form.set('payload', JSON.stringify({ title: 'Lease', type: 'DOCUMENT', recipients }));
  const headers = { authorization: setUp['apiToken'] ?? '' };
  const made = await fetch(`${setUp['apiV2']}/envelope/create`, { method: 'POST', headers, body: form });
  const { id } = (await made.json()) as { id: string };
  await fetch(`${setUp['apiV2']}/envelope/distribute`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ envelopeId: id }),
  });
  await until('it signed by itself', () => told().some(({ webhook }) => webhook?.['acknowledged'] === true));
  expect(received.map(({ secret, body }) => [secret, (JSON.parse(body) as { event: string }).event])).toEqual([
    ['correct horse', 'DOCUMENT_COMPLETED'],
  ]);
});

test('a private key of DocuSign is made, kept to its owner, and used again', async () => {
  const path = join(folder(), 'key.pem');
  const first = await run(['docusign', '--private-key', path]);
  expect(first.setUp['privateKey']).toBe(path);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  await first.end();
  const key = readFileSync(path, 'utf8');
  expect(createPublicKey(key).asymmetricKeyType).toBe('rsa');
  await (await run(['docusign', '--private-key', path])).end();
  expect(readFileSync(path, 'utf8')).toBe(key);
});

test.each([
  [['documnso'], 'the API of "documnso" is not simulated', 'did you mean documenso?'],
  [['goroute', '--storage', 's3'], '--storage means nothing to goroute', 'leave it out; it is for documenso'],
  [['documenso', '--fault', 'sleepy'], 'the fault "sleepy" is not known', expect.stringContaining('slow=2s')],
  [['documenso', '--webhook-secret', 'x'], '--webhook is missing', 'give the URL of the source'],
  [['docusign', '--webhook', 'http://127.0.0.1:1/'], expect.stringContaining('none is given'), expect.any(String)],
  [['documenso', '--tls-cert', 'x'], '--tls-cert and --tls-key go together', 'give both'],
])('%j is refused with what to do', async (args, what, remedy) => {
  const [provider, flags] = await parse(args);
  const refused = runSimulateApi(provider, { ...flags, port: 0 }, screen().terminal, {
    stopped: Promise.resolve(),
  });
  await expect(refused).rejects.toMatchObject({ what, remedy, exitCode: 2 });
});

test('a key that is none, and a port that is taken, are said', async () => {
  const path = join(folder(), 'key.pem');
  writeFileSync(path, 'no key');
  const [provider, flags] = await parse(['docusign', '--private-key', path]);
  const { terminal } = screen();
  await expect(runSimulateApi(provider, flags, terminal)).rejects.toMatchObject({
    what: `${path} holds no RSA private key`,
  });
  const { setUp } = await run(['goroute']);
  const port = Number(new URL(setUp['url'] ?? '').port);
  const [, other] = await parse(['goroute', '--port', String(port)]);
  await expect(runSimulateApi('goroute', other, terminal)).rejects.toMatchObject({ what: `port ${port} is taken` });
});

test('the process ends cleanly when it is interrupted, and its key goes with it', async () => {
  const posthorn = join(import.meta.dirname, '../posthorn.ts');
  const child = spawn(process.execPath, [posthorn, 'simulate', 'api', 'docusign', '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const printed: string[] = [];
  createInterface(child.stdout).on('line', (line) => printed.push(line));
  await until('the heading of the table', () => printed.some((line) => line.startsWith('time')));
  const row = (name: string): string =>
    printed
      .find((line) => line.trim().startsWith(name))
      ?.trim()
      .slice(name.length)
      .trim() ?? '';
  expect(row('base URL')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/restapi$/);
  expect(existsSync(row('private key'))).toBe(true);
  child.kill('SIGINT');
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(existsSync(row('private key'))).toBe(false);
  expect(printed.at(-1)).toBe('0 requests, 0 webhooks.');
});
