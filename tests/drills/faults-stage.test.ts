import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import type { NodeOptions } from '../../src/drills/stage.ts';
import { openEgress } from '../../src/egress/reach.ts';
import { makeDrillFolder, removeDrillFolder } from '../../src/drills/stage/drill-folder.ts';
import { openStage, type StageOptions } from '../../src/drills/stage/open-stage.ts';
import { startDatabase } from '../../src/drills/stage/start-database.ts';
import { until } from '../support/until.ts';
import { type DrilledGateway, ownSource as root, startGatewayOf } from './support/drilled-gateway.ts';

const linux = process.platform === 'linux';

/** A stage as a run gets it, without a gateway behind it. */
function openedStage(more: Partial<StageOptions> = {}) {
  const stop = new AbortController();
  const errors: unknown[] = [];
  const open = openStage({
    gateway: { url: 'http://127.0.0.1:1', operatorKey: 'operator-key-of-nobody-0123456789' },
    teamId: 'team_01kajxkkj8ffkr1g8xs6a3ek0r',
    signal: stop.signal,
    pace: 1,
    egress: { upstream: () => ({}) as never },
    clock: { now: () => Date.now() },
    environment: {
      ...process.env,
      POSTHORN_MASTER_KEY: 'a-secret-of-the-gateway',
      DATABASE_URL: 'postgresql://nowhere/x',
    },
    onNote: () => undefined,
    onProgress: () => undefined,
    onError: (error) => errors.push(error),
    ...more,
  });
  onTestFinished(() => open.end());
  return { ...open, stop, errors };
}

/** Shared memory of the server on this folder. It outlives a kill -9. */
function sharedMemoryOf(folder: string): string[] {
  const pid = Number.parseInt(readFileSync(join(folder, 'postgres/postmaster.pid'), 'utf8'), 10);
  return [...new Set(readFileSync(`/proc/${pid}/maps`, 'utf8').match(/\/dev\/shm\/PostgreSQL\.\d+/g))];
}

async function reach(url: string): Promise<void> {
  const { hostname: host, port } = new URL(url);
  const socket = connect({ host, port: Number(port) });
  await once(socket, 'connect');
  socket.destroy();
}

/** Command lines of living processes that name this. */
function processesThatName(text: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return line.includes(text) ? [line] : [];
      } catch {
        return [];
      }
    });
}

describe('what a stage made', { timeout: 180_000 }, () => {
  test.runIf(linux)('is gone when it ends: the node, its database and its folder', async () => {
    const opened = openedStage();
    const { stage, errors } = opened;
    const node = await stage.node();
    const { id, key } = await node.team();
    expect(await node.want('GET', `/v1/teams/${id}`, { key })).toMatchObject({ id });
    expect(node.memoryBytes()).toBeGreaterThan(10_000_000);
    // The gateway and its postmaster.
    expect(processesThatName(node.folder)).toHaveLength(2);
    await opened.end();
    expect(processesThatName(node.folder)).toEqual([]);
    expect(existsSync(node.folder)).toBe(false);
    expect(errors).toEqual([]);
  });

  test.runIf(linux)('is gone when its drill is stopped while a node starts', async () => {
    const before = new Set(folders());
    const opened = openedStage();
    const { stage, stop } = opened;
    const starting = stage.node();
    const folder = await until(
      'its process',
      () => folders().find((each) => isOwn(each) && !before.has(each) && processesThatName(each).length > 0),
      { deadlineMs: 120_000 },
    );
    stop.abort(new Error('stopped'));
    await expect(starting).rejects.toThrow(/abort|stopped/);
    await opened.end();
    expect(processesThatName(folder)).toEqual([]);
    expect(existsSync(folder)).toBe(false);
    await expect(stage.node()).rejects.toThrow('stopped');
    await expect(stage.pause(60_000)).rejects.toThrow(/abort/);
  });

  test.runIf(linux)('is a node that knows nothing of how the gateway is set up', async () => {
    const { stage, secrets } = openedStage();
    const node = await stage.node({ environment: { POSTHORN_LOG_LEVEL: 'info' } });
    const environment = readFileSync(`/proc/${node.pid}/environ`, 'utf8').split('\0');
    const names = environment.map((line) => line.split('=')[0]);
    expect(names).toContain('PATH');
    expect(names).not.toContain('POSTHORN_MASTER_KEY');
    expect(names).not.toContain('DATABASE_URL');
    expect(environment.join()).not.toContain('a-secret-of-the-gateway');
    expect(node.output()).toContain('"msg":"Posthorn listens"');
    expect(secrets).toContain(node.operatorKey);
    expect(secrets).toContain((await node.team()).key);
  });
});

describe('a node', { timeout: 180_000 }, () => {
  test('comes back after kill -9 with what it had acknowledged, and after SIGTERM with exit code 0', async () => {
    const { stage } = openedStage();
    const node = await stage.node();
    const { id, key } = await node.team();
    await node.kill();
    await expect(node.call('GET', '/livez')).rejects.toThrow('fetch failed');
    await node.restart();
    expect(await node.want('GET', `/v1/teams/${id}`, { key })).toMatchObject({ id });
    expect(await node.stop()).toBe(0);
  });

  test('as the gateway of another stage: its scratch team is there while the drill plays, and gone after it', async () => {
    const node = await openedStage().stage.node();
    const opened = openedStage({ gateway: { url: node.url, operatorKey: node.operatorKey } });
    const { stage, secrets } = opened;
    const { id, key } = await stage.scratchTeam();
    expect(await stage.gateway.want('GET', `/v1/teams/${id}`, { key })).toMatchObject({ id });
    expect(secrets).toContain(key);
    await opened.end();
    expect((await node.call('GET', `/v1/teams/${id}`)).status).toBe(404);
  });

  test('over a database that is cut is not ready, until it is restored', async () => {
    const { stage } = openedStage();
    const database = await stage.database();
    // Nodes over one database have one master key: with another one, no node is ready.
    const over: NodeOptions = { database, environment: { POSTHORN_MASTER_KEY: randomBytes(32).toString('base64') } };
    const [one, other] = await Promise.all([stage.node(over), stage.node(over)]);
    const { id, key } = await one.team();
    expect(await other.want('GET', `/v1/teams/${id}`, { key })).toMatchObject({ id });
    await database.cut();
    await stage.until(async () => ((await one.call('GET', '/readyz')).status === 503 ? true : null), 20_000);
    expect(await database.query<{ count: number }>('SELECT count(*)::integer AS count FROM team')).toEqual([
      { count: 1 },
    ]);
    await database.restore();
    const ready = await stage.until(
      async () => ((await one.call('GET', '/readyz')).status === 200 ? true : null),
      30_000,
    );
    expect(ready).toBe(true);
  });
});

describe('a database of a stage', { timeout: 180_000 }, () => {
  test.runIf(linux)('is killed for real, and recovers with all that was committed, at the same address', async () => {
    const folder = await makeDrillFolder();
    const database = await startDatabase(folder, () => undefined);
    onTestFinished(() => removeDrillFolder(folder));
    onTestFinished(() => database.stop());
    const segments = sharedMemoryOf(folder);
    expect(segments).not.toEqual([]);
    await database.query('CREATE TABLE kept (number integer)');
    await database.query('INSERT INTO kept VALUES (1)');
    await database.crash();
    // An orderly end would have removed it.
    expect(existsSync(join(folder, 'postgres/postmaster.pid'))).toBe(true);
    expect(processesThatName(folder)).toEqual([]);
    await expect(database.query('SELECT FROM kept')).rejects.toThrow(/ENOENT|ECONNREFUSED|terminat/);
    await expect(reach(database.url)).rejects.toThrow('ECONNREFUSED');
    await database.recover();
    segments.push(...sharedMemoryOf(folder));
    expect(await database.query('SELECT number FROM kept')).toEqual([{ number: 1 }]);
    await reach(database.url);
    await database.crash();
    await database.stop();
    await removeDrillFolder(folder);
    expect(segments.filter((path) => existsSync(path))).toEqual([]);
    await expect(database.recover()).rejects.toThrow('ended already');
  });
});

test('a receiver keeps what it was sent, answers as told, and comes back at its port', async () => {
  const { stage } = openedStage();
  const receiver = await stage.receiver((_request, number) => (number === 1 ? { status: 418, body: 'tea' } : 'reset'));
  const post = (body: string) => fetch(`${receiver.url}/hook?a=1`, { method: 'POST', body, headers: { 'x-a': 'b' } });
  expect(await (await post('one')).text()).toBe('tea');
  await expect(post('two')).rejects.toThrow('fetch failed');
  expect(receiver.requests).toMatchObject([
    { method: 'POST', path: '/hook?a=1', headers: { 'x-a': 'b' }, body: new Uint8Array(Buffer.from('one')) },
    { body: new Uint8Array(Buffer.from('two')) },
  ]);
  await receiver.close();
  await expect(post('three')).rejects.toThrow('fetch failed');
  await receiver.open();
  receiver.answerWith(() => ({ status: 204 }));
  expect((await post('four')).status).toBe(204);
});

describe('a request to the outside', () => {
  const reach = { allowNetworks: [], proxy: null, caPem: null };

  test('is sent as it is, and its answer is taken whole; a redirect is an answer', async () => {
    const egress = openEgress({ ...reach, environment: 'development' }, '0.0.0');
    onTestFinished(() => egress.close());
    const { stage } = openedStage({ egress });
    const answer = { status: 302, headers: { location: '/elsewhere', 'x-c': 'd' }, body: 'moved' };
    const receiver = await stage.receiver(() => answer);
    const body = new Uint8Array([0, 255, 10]);
    const sent = await stage.send({ url: `${receiver.url}/a?b=c`, method: 'PUT', headers: { 'x-a': 'b' }, body });
    expect(sent).toMatchObject({ status: 302, headers: { 'x-c': 'd' }, body: new Uint8Array(Buffer.from('moved')) });
    expect(receiver.requests).toMatchObject([{ method: 'PUT', path: '/a?b=c', headers: { 'x-a': 'b' }, body }]);
  });

  test('passes the guard: in production none goes inside, and none waits for ever', async () => {
    const guarded = openEgress({ ...reach, environment: 'production' }, '0.0.0');
    onTestFinished(() => guarded.close());
    const { stage } = openedStage({ egress: guarded });
    const receiver = await stage.receiver();
    await expect(stage.send({ url: receiver.url })).rejects.toThrow('blocked');
    expect(receiver.requests).toEqual([]);

    const egress = openEgress({ ...reach, environment: 'development' }, '0.0.0');
    onTestFinished(() => egress.close());
    const patient = openedStage({ egress });
    const silent = await patient.stage.receiver(() => 'hang');
    await expect(patient.stage.send({ url: silent.url, timeoutMs: 200 })).rejects.toThrow('timeout');
    const sending = patient.stage.send({ url: silent.url });
    await until('it to arrive', () => silent.requests.length === 2);
    patient.stop.abort(new Error('stopped'));
    await expect(sending).rejects.toThrow('stopped');
  });
});

test.each(['documenso', 'docusign', 'goroute'] as const)(
  'the simulated API of %s lets its connection in',
  async (name) => {
    const { stage } = openedStage();
    const node = await stage.node();
    const { id, key } = await node.team();
    const provider = await stage.provider({ provider: name });
    const at = `/v1/teams/${id}/connections`;
    const { id: connection } = await node.want('POST', at, { key, body: { name: 'c', ...provider.connection() } });
    const path = {
      documenso: '/api/v2/envelope?page=1',
      docusign: '/v2.1/accounts/0b3d4c5e-1111-4222-8333-944445555666/users',
      goroute: '/api/v1/health',
    }[name];
    await node.call('GET', `/egress/${String(connection)}${path}`, { key });
    expect(provider.api.requests().filter(({ status }) => status === 401 || status === 403)).toEqual([]);
    expect(provider.api.requests().length).toBeGreaterThan(0);
  },
);

describe('a gateway', { timeout: 180_000 }, () => {
  const gateways: DrilledGateway[] = [];
  afterAll(async () => {
    for (const gateway of gateways) await gateway.stop();
  });

  test.runIf(linux)('ends and removes at its start what drills of a killed one left', async () => {
    const killed = await startGatewayOf(root);
    gateways.push(killed);
    const body = { check: 'delivery.failed-ones-retried' };
    await killed.api.call('POST', `/v1/teams/${killed.team}/drills/runs`, body);
    const left = await until(
      'a node of the drill',
      () => folders().find((each) => each.includes(`-${killed.process.pid}-`) && processesThatName(each).length === 2),
      { deadlineMs: 120_000 },
    );
    await killed.process.end('SIGKILL');
    expect(processesThatName(left).length).toBeGreaterThan(0);
    gateways.push(await startGatewayOf(root));
    await until('it to be swept', () => !existsSync(left));
    expect(processesThatName(left)).toEqual([]);
  });

  test.runIf(linux)('leaves nothing of a drill behind when it is stopped', async () => {
    const gateway = await startGatewayOf(root);
    const body = { check: 'delivery.failed-ones-retried' };
    await gateway.api.call('POST', `/v1/teams/${gateway.team}/drills/runs`, body);
    const folder = await until(
      'a node of the drill',
      () => folders().find((each) => each.includes(`-${gateway.process.pid}-`) && processesThatName(each).length === 2),
      { deadlineMs: 120_000 },
    );
    await gateway.stop();
    expect(processesThatName(folder)).toEqual([]);
  });
});

/** Other processes may play drills at the same time. */
function isOwn(folder: string): boolean {
  return folder.includes(`-${process.pid}-`);
}

function folders(): string[] {
  const parent = realpathSync(tmpdir());
  return readdirSync(parent)
    .filter((name) => name.startsWith('posthorn-drill-'))
    .map((name) => join(parent, name));
}
