import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { packageBin } from '../../scripts/package-bin.ts';
import { verificationFailures } from '../../src/receiver/check-signature.rules.ts';
import { postgresStore } from '../../src/receiver/postgres-store.ts';
import { createOwnDatabase } from '../support/own-database.ts';
import { createTestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';
import { blockOf, pageAt, root } from './pages.ts';
import { freePort, isOnThisMachine, startProgram } from './shell.ts';
import { openStage, type Stage } from './stage.ts';

const longMs = 180_000;
const page = pageAt('docs/receiving-in-your-app.md');
const verifying = pageAt('docs/verifying.md');
/** Serves what the page exports for frameworks that take web requests. */
const serveFetch = `
import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import { POST } from './fetch.mts';

createServer((incoming, outgoing) => {
  const headers = Object.entries(incoming.headersDistinct).flatMap(([name, values]) => values.map((value) => [name, value]));
  const about = { method: incoming.method, headers, body: Readable.toWeb(incoming), duplex: 'half' };
  POST(new Request('http://127.0.0.1' + incoming.url, about)).then(async (response) => {
    outgoing.writeHead(response.status, Object.fromEntries(response.headers)).end(await response.text());
  });
}).listen(Number(process.env.PORT), '127.0.0.1');
`;
let stage: Stage;
/** An application's folder: the built receiver and the frameworks are among its packages. */
let folder: string;

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'posthorn-receivers-')));
  const installed = join(folder, 'node_modules', 'posthorn');
  mkdirSync(installed, { recursive: true });
  await run(process.execPath, ['scripts/build.ts', '--receiver', join(installed, 'dist')], root);
  const exported = { './receiver': './dist/receiver/index.js' };
  writeFileSync(
    join(installed, 'package.json'),
    JSON.stringify({ name: 'posthorn', type: 'module', exports: exported }),
  );
  for (const name of ['express', 'fastify', 'pg', '@types']) {
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  }
  for (const role of ['express', 'fastify', 'fetch', 'postgres', 'verify', 'consume']) {
    writeFileSync(join(folder, `${role}.mts`), blockOf(page, 'ts', role));
  }
  writeFileSync(join(folder, 'serve-fetch.mts'), serveFetch);
  stage = await openStage();
}, longMs);
afterAll(async () => {
  await stage?.close();
  rmSync(folder, { recursive: true, force: true });
}, longMs);

/** @throws with its output when it fails */
function run(command: string, args: string[], cwd: string, env: Record<string, string> = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { cwd, env: { ...process.env, ...env } }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${command} ${args.join(' ')}:\n${stdout}${stderr}`));
    });
  });
}

type Command = { command: string; args: string[]; cwd: string; env?: Record<string, string> };
type Delivery = { id: string; attempts: { status: number | null }[] };

/** A team with an endpoint where the program is going to listen, and what the program is told. */
async function makeEndpoint() {
  const port = await freePort();
  const { id: team } = await stage.call<{ id: string }>('POST', '/v1/teams', { name: 'Acme' });
  const path = `/v1/teams/${team}`;
  await stage.call('POST', `${path}/event-types`, { name: 'invoice.paid' });
  const { secret } = await stage.call<{ secret: string }>('POST', `${path}/endpoints`, {
    url: `http://127.0.0.1:${port}/webhooks`,
    eventTypes: ['*'],
    retry: { scheduleSeconds: [1, 1, 1] },
  });
  return {
    team,
    port,
    secret,
    post: (payload: unknown) => stage.call<{ id: string }>('POST', `${path}/events`, { type: 'invoice.paid', payload }),
    resend: (deliveryId: string) => stage.call('POST', `${path}/deliveries/${deliveryId}/resend`),
    delivered: (attempts: number) =>
      until(`${attempts} attempts, the last a success`, async () => {
        const { id } = await stage.succeeded(team);
        const delivery = await stage.call<Delivery>('GET', `${path}/deliveries/${id}`);
        return delivery.attempts.length >= attempts ? delivery : null;
      }),
  };
}

async function startReceiver({ command, args, cwd, env = {} }: Command, port: number, secret: string) {
  const program = startProgram(command, args, { cwd, env: { PORT: String(port), WEBHOOK_SECRET: secret, ...env } });
  onTestFinished(program.stop);
  await until(
    'the program to answer',
    async () => {
      if (program.child.exitCode !== null) throw new Error(program.output());
      const response = await fetch(`http://127.0.0.1:${port}/webhooks`, { method: 'POST', body: '{}' });
      // Whoever is not verified is refused, by every one of them.
      expect([response.status, program.output()]).toEqual([401, '']);
      return true;
    },
    { deadlineMs: 60_000 },
  );
  return program;
}

/** That a program handles once what Posthorn delivers twice. Gives what it was answered each time. */
async function handlesOnce(command: Command): Promise<(number | null)[]> {
  const endpoint = await makeEndpoint();
  const program = await startReceiver(command, endpoint.port, endpoint.secret);
  const { id } = await endpoint.post({ invoice: 'INV-1042', payer: 'Škoda & Söhne' });
  const { id: deliveryId } = await endpoint.delivered(1);
  await endpoint.resend(deliveryId);
  const { attempts } = await endpoint.delivered(2);
  await until('it to be printed', () => program.output().includes(id));
  const lines = program.output().match(/^handled .*$/gm) ?? [];
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(new RegExp(`^handled ${id} invoice\\.paid .*Škoda & Söhne`));
  return attempts.map(({ status }) => status);
}

describe('docs/receiving-in-your-app.md', () => {
  it.each(['express', 'fastify', 'serve-fetch'])('receives with %s', { timeout: longMs }, async (name) => {
    const args = [join(folder, `${name}.mts`)];
    expect(await handlesOnce({ command: process.execPath, args, cwd: folder })).toEqual([200, 200]);
  });

  it('receives with Express and PostgreSQL, and knows over a restart what it handled', {
    timeout: longMs,
  }, async () => {
    const database = await createOwnDatabase();
    const endpoint = await makeEndpoint();
    const command = { command: process.execPath, args: [join(folder, 'postgres.mts')], cwd: folder };
    const start = () =>
      startReceiver({ ...command, env: { DATABASE_URL: database.url } }, endpoint.port, endpoint.secret);
    const first = await start();
    const { id } = await endpoint.post({ invoice: 'INV-1042' });
    const { id: deliveryId } = await endpoint.delivered(1);
    await until('it to be handled', () => first.output().includes(`handled ${id} invoice.paid`));
    await first.stop();

    const second = await start();
    await endpoint.resend(deliveryId);
    await endpoint.delivered(2);
    expect(second.output()).toBe('');
  });

  it('verifies with verify alone', { timeout: longMs }, async () => {
    const endpoint = await makeEndpoint();
    const command = { command: process.execPath, args: [join(folder, 'verify.mts')], cwd: folder };
    const program = await startReceiver(command, endpoint.port, endpoint.secret);
    const { id } = await endpoint.post({});
    const { attempts } = await endpoint.delivered(1);
    expect(attempts.map(({ status }) => status)).toEqual([204]);
    expect(program.output()).toBe(`handled ${id} invoice.paid\n`);
  });

  it('consumes the feed, and goes on after a stop where it was', { timeout: longMs }, async () => {
    const { team, post } = await stage.makeTeam();
    const open = () =>
      startProgram(process.execPath, [join(folder, 'consume.mts')], {
        cwd: folder,
        env: { URL: stage.url, TEAM: team, KEY: stage.key },
      });
    const consumeUntil = async (id: string): Promise<string> => {
      const program = open();
      onTestFinished(program.stop);
      await until(`${id} to be handled`, () => program.output().includes(`handled ${id} `), { deadlineMs: 60_000 });
      const ended = once(program.child, 'exit');
      program.child.kill('SIGTERM');
      expect((await ended)[0]).toBe(0);
      return program.output();
    };
    const first = await post({ n: 1 });
    expect(await consumeUntil(first.id)).toContain('{"n":1}');
    const second = await post({ n: 2 });
    expect(await consumeUntil(second.id)).toBe(`handled ${second.id} invoice.paid {"n":2}\n`);
  });

  it('has TypeScript that compiles', { timeout: longMs }, async () => {
    const at = (name: string): string[] => [join(root, 'node_modules', '@types', name)];
    const tsconfig = {
      compilerOptions: {
        module: 'nodenext',
        strict: true,
        noEmit: true,
        skipLibCheck: true,
        types: ['node'],
        paths: { express: at('express'), pg: at('pg') },
      },
      include: ['*.mts'],
      exclude: ['serve-fetch.mts'],
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));
    expect(await run(process.execPath, [packageBin('typescript', 'tsc'), '-p', folder], folder)).toBe('');
  });

  it('shows the table that the store makes', async () => {
    await using database = await createTestDatabase();
    const described = async (): Promise<unknown> => {
      const columns = await database.pool.query(
        `SELECT column_name, data_type, is_nullable FROM information_schema.columns
          WHERE table_name = 'posthorn_received' ORDER BY ordinal_position`,
      );
      const indexes = await database.pool.query(
        `SELECT indexdef FROM pg_indexes WHERE tablename = 'posthorn_received'`,
      );
      return { columns: columns.rows as unknown[], indexes: indexes.rows as unknown[] };
    };
    await database.pool.query(blockOf(page, 'sql', 'table'));
    const shown = await described();
    await database.pool.query('DROP TABLE posthorn_received');
    await postgresStore({ query: (text, values) => database.pool.query<object>(text, values) }).claim('evt_1');
    expect(await described()).toEqual(shown);
    expect(shown).toMatchObject({ columns: { length: 4 }, indexes: { length: 2 } });
  });

  it('names every reason for which a request is refused', () => {
    const named = /Reasons\s+are\s([\s\S]*?)\. Trying/.exec(page.text)?.[1]?.match(/\w+_\w+/g);
    expect(new Set(named)).toEqual(new Set([...verificationFailures, 'no_secret']));
  });

  it('receives in Python', { timeout: longMs }, async ({ skip }) => {
    if (!isOnThisMachine('python3')) skip('python3 is not on this machine');
    const cwd = join(folder, 'python');
    mkdirSync(cwd);
    writeFileSync(join(cwd, 'verifying.py'), blockOf(verifying, 'python', 'receiver'));
    writeFileSync(join(cwd, 'app.py'), blockOf(page, 'python', 'receiver'));
    // Python's server writes a line for each request to standard error.
    const env = { PYTHONIOENCODING: 'utf-8', PYTHONDONTWRITEBYTECODE: '1' };
    const args = ['-c', 'exec "$0" "$1" 2> errors.log', 'python3', 'app.py'];
    expect(await handlesOnce({ command: 'bash', args, cwd, env })).toEqual([200, 200]);
  });

  it('receives in Go', { timeout: longMs }, async ({ skip }) => {
    if (!isOnThisMachine('go')) skip('go is not on this machine');
    const cwd = join(folder, 'go');
    mkdirSync(join(cwd, 'webhooks'), { recursive: true });
    const [, oldest] = /It needs Go (\S+) or newer/.exec(page.text) ?? [];
    writeFileSync(join(cwd, 'go.mod'), `module example.com/receiver\n\ngo ${oldest}\n`);
    writeFileSync(join(cwd, 'webhooks', 'verify.go'), blockOf(verifying, 'go', 'function'));
    writeFileSync(join(cwd, 'main.go'), blockOf(page, 'go', 'receiver'));
    const go = { GOTOOLCHAIN: 'local', GOPROXY: 'off', GOFLAGS: '-mod=mod' };
    await run('go', ['build', '-o', 'receiver', '.'], cwd, go);
    await run('go', ['vet', './...'], cwd, go);
    expect(await handlesOnce({ command: join(cwd, 'receiver'), args: [], cwd })).toEqual([200, 200]);
  });

  it('signs and sends from the shell', { timeout: longMs }, async ({ skip }) => {
    for (const program of ['openssl', 'curl']) {
      if (!isOnThisMachine(program)) skip(`${program} is not on this machine`);
    }
    const { port, secret } = await makeEndpoint();
    const command = { command: process.execPath, args: [join(folder, 'express.mts')], cwd: folder };
    const program = await startReceiver(command, port, secret);
    const text = blockOf(page, 'sh', 'send').replace(':8421/', `:${port}/`);
    expect(text).toContain(`:${port}/`);
    const send = (secretOfSender: string) => run('bash', ['-c', text], folder, { WEBHOOK_SECRET: secretOfSender });
    expect(await send(secret)).toBe('handled\n200\n');
    expect(program.output()).toMatch(/^handled msg_[0-9a-f]{32} invoice\.paid \{"invoice":"INV-1042"\}\n$/);
    expect(await send(`whsec_${Buffer.alloc(32).toString('base64')}`)).toBe('refused: no_matching_signature\n401\n');
  });
});

it('docs/verifying.md verifies in the shell a request that Posthorn has on record', { timeout: longMs }, async ({
  skip,
}) => {
  for (const program of ['openssl', 'curl', 'jq']) {
    if (!isOnThisMachine(program)) skip(`${program} is not on this machine`);
  }
  const secret = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
  const { team } = await stage.makeTeam(secret);
  const { id } = await stage.succeeded(team);
  const text = [blockOf(verifying, 'sh', 'recorded'), blockOf(verifying, 'sh', 'verify')].join('\n');
  const verdict = (secretOfReader: string) =>
    run('bash', ['-c', text], stage.workFolder('recorded'), {
      URL: stage.url,
      AUTH: `authorization: Bearer ${stage.key}`,
      TEAM: team,
      DELIVERY: id,
      WEBHOOK_SECRET: secretOfReader,
    });
  expect(await verdict(secret)).toBe('verified\n');
  await expect(verdict(`whsec_${Buffer.alloc(32).toString('base64')}`)).rejects.toThrow('not verified: expected v1,');
});
