import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import {
  folderForTest,
  listen,
  type ListeningStand,
  openListeningStand,
  type Run,
} from '../../tests/listening/listening-stand.ts';
import { type JournalReceiver, startReceiver } from '../../tests/support/journal-receiver.ts';
import { startRawServer } from '../../tests/support/raw-server.ts';
import { until } from '../../tests/support/until.ts';
import type { ListenOptions } from './listen.ts';

let stand: ListeningStand;
let receiver: JournalReceiver;
let team: string;
let settingsFolder: string;
const largeBodies = new Map<string, Buffer>();

beforeAll(async () => {
  receiver = await startReceiver();
  const bodies = createServer((request, response) => {
    const body = largeBodies.get((request.url ?? '').slice(1));
    response.writeHead(body === undefined ? 404 : 200).end(body);
  });
  await new Promise<void>((resolve) => bodies.listen(0, '127.0.0.1', resolve));
  const { port } = bodies.address() as { port: number };
  stand = await openListeningStand({ bodyUrl: (eventId) => `http://127.0.0.1:${port}/${eventId}` });
  return () => {
    bodies.close();
    bodies.closeAllConnections();
  };
});
beforeEach(async () => {
  team = await stand.api.createTeam();
  settingsFolder = await folderForTest();
});
afterAll(async () => {
  await stand.close();
  await receiver.close();
});

const run = (options: Partial<ListenOptions> = {}, around: { console?: boolean; width?: number } = {}): Run =>
  listen({ url: stand.url, key: stand.api.operatorKey, team, ...options }, { settingsFolder, ...around });

/** Runs it and waits until it is connected. */
async function connected(...args: Parameters<typeof run>): Promise<Run> {
  const running = run(...args);
  await Promise.race([running.ended, until('it to listen', () => running.out.length > 0)]);
  return running;
}
const place = (): { path: string; url: string } => {
  const path = randomBytes(6).toString('hex');
  return { path, url: receiver.url(path) };
};
const secretOf = ({ out }: Run): string => /^signed with (whsec_\S+)$/m.exec(out.join('\n'))?.[1] ?? '';
const rowsOf = ({ out }: Run): string[] => out.filter((line) => /^\d\d:\d\d:\d\d /.test(line));

describe('posthorn listen', () => {
  test('forwards what comes, signed with the secret that it shows, as a delivery would be', async () => {
    const { path, url } = place();
    const running = await connected({ forward: url });
    const id = await stand.commit(team, { payload: { amount: '1250.00' } });
    await until('the row', () => rowsOf(running).length === 1);
    const [got] = receiver.of(path);
    const headers = got?.headers as Record<string, string>;
    expect(new Webhook(secretOf(running)).verify(got?.body ?? '', headers)).toMatchObject({
      type: 'a.b',
      data: { amount: '1250.00' },
    });
    expect(headers).toMatchObject({
      'webhook-id': id,
      'content-type': 'application/json',
      'posthorn-event-type': 'a.b',
      'posthorn-attempt': '1',
      'user-agent': expect.stringMatching(/^Posthorn\/\d/) as string,
    });
    expect(headers).not.toHaveProperty('posthorn-source');
    expect(rowsOf(running)[0]).toMatch(new RegExp(`a\\.b +api +200 +\\d+ ms +${id}$`));
    expect(await running.stop()).toBe(0);
    expect(running.err.at(-1)).toBe('1 event; 1 request: 1 succeeded, 0 failed.');
  });

  test('only shows what comes when it is not told where to', async () => {
    const running = await connected();
    await stand.commit(team, { type: 'evil\u001B[2J' });
    await until('the row', () => rowsOf(running).length === 1);
    expect(running.text()).not.toContain('whsec_');
    expect(rowsOf(running)[0]).toMatch(/evil\\x1b\[2J +api +\d+ B +evt_/);
    await running.stop();
    expect(running.err.at(-1)).toBe('1 event.');
  });

  test('shows failures with their reason, follows no redirect, and waits no longer than it is told', async () => {
    const { path, url } = place();
    const answers: ((response: {
      writeHead(status: number, headers?: object): { end(text?: string): void };
    }) => void)[] = [
      (response) => response.writeHead(500).end('out of order\nand more'),
      (response) => response.writeHead(307, { location: receiver.url('elsewhere') }).end(),
      () => undefined,
    ];
    receiver.behave(path, (_reception, response) => answers.shift()?.(response));
    const running = await connected({ forward: url, timeout: 0.2 });
    for (const count of [1, 2, 3]) {
      await stand.commit(team);
      await until('the row', () => rowsOf(running).length === count);
    }
    const lines = running.out.slice(running.out.indexOf(rowsOf(running)[0] ?? ''));
    expect(lines.map((line) => line.slice(10).replace(/^.*api +(\S+).*$/, '$1'))).toEqual([
      '500',
      'out of order',
      '307',
      `to ${receiver.url('elsewhere')}: redirects are failures, as for a delivery`,
      'timeout',
      'no whole answer in 0.2 s',
    ]);
    expect(receiver.of('elsewhere')).toEqual([]);
    await running.stop();
    expect(running.err.at(-1)).toBe('3 events; 3 requests: 0 succeeded, 3 failed.');
  });

  test('says that nothing listens where it forwards to', async () => {
    const server = await startRawServer(() => undefined);
    await server.close();
    const running = await connected({ forward: `http://127.0.0.1:${server.port}/`, max: 1 });
    await stand.commit(team);
    expect(await running.ended).toBe(1);
    expect(running.text()).toMatch(/api +refused .*\n +connect ECONNREFUSED/);
  });

  test('fetches a large body from its URL, or says that it cannot', async () => {
    const { path, url } = place();
    const body = Buffer.alloc(300_000, 'é');
    const running = await connected({ forward: url });
    const lost = await stand.commit(team, { body, contentType: 'text/plain' });
    await until('a row', () => rowsOf(running).length === 1);
    expect(running.text()).toMatch(
      /api +no body .*\n +its body could not be fetched from http:.* \(the answer was 404\)/,
    );
    const pending = stand.commit(team, { body, contentType: 'text/plain' }, false);
    largeBodies.set(await pending, body);
    await until('the large one', () => receiver.of(path).length === 1);
    expect(Buffer.from(receiver.of(path)[0]?.body ?? '')).toEqual(body);
    expect(lost).not.toBe(await pending);
  });

  test('sends up to eight at once, but those of one ordering key one after another', async () => {
    const { path, url } = place();
    let [now, most] = [0, 0];
    const order: string[] = [];
    const held: (() => void)[] = [];
    receiver.behave(path, async ({ body }) => {
      now += 1;
      most = Math.max(most, now);
      order.push((JSON.parse(body) as { data: string }).data);
      await new Promise<void>((resolve) => held.push(resolve));
      now -= 1;
      return 200;
    });
    const running = await connected({ forward: url });
    for (const n of [1, 2, 3]) await stand.commit(team, { payload: `keyed ${n}`, orderingKey: 'k' });
    for (let n = 1; n <= 10; n += 1) await stand.commit(team, { payload: `free ${n}` });
    await until('as many as may', () => now === 6);
    expect(order.filter((each) => each.startsWith('keyed'))).toEqual(['keyed 1']);
    await until('all of them', () => {
      held.shift()?.();
      return rowsOf(running).length === 13;
    });
    expect(most).toBeLessThanOrEqual(8);
    expect(order.filter((each) => each.startsWith('keyed'))).toEqual(['keyed 1', 'keyed 2', 'keyed 3']);
  });

  test('ends when it is stopped although an answer is due', async () => {
    const { path, url } = place();
    receiver.behave(path, () => undefined);
    const running = await connected({ forward: url });
    await stand.commit(team);
    await until('the request', () => receiver.of(path).length === 1);
    expect(await running.stop()).toBe(0);
    expect(running.err.at(-1)).toBe('1 event; 1 request: 0 succeeded, 0 failed, 1 cut off.');
  });

  test('with --json prints one line for each event, with its body and what came of it', async () => {
    const { path, url } = place();
    receiver.behave(path, () => 503);
    const running = await connected({ forward: url, json: true, max: 1 });
    expect(JSON.parse(running.out[0] ?? '')).toMatchObject({
      kind: 'listening',
      team,
      forward: url,
      secret: expect.stringMatching(/^whsec_/) as string,
    });
    const id = await stand.commit(team);
    expect(await running.ended).toBe(1);
    expect(running.out).toHaveLength(2);
    expect(JSON.parse(running.out[1] ?? '')).toMatchObject({
      kind: 'event',
      id,
      body: { encoding: 'utf-8', content: expect.stringContaining('"data":{"n":1}') as string },
      attempt: 1,
      forwarded: { status: 503, error: null },
    });
    expect(running.err).toEqual([]);
  });
});

describe('what it listens to', () => {
  test('is a source by its id or its name, whose name stands in the table', async () => {
    const [contracts, other] = [await stand.source(team, 'Contracts'), await stand.source(team, 'Other')];
    const { path, url } = place();
    const byName = await connected({ source: 'Contracts', forward: url });
    const byId = await connected({ source: contracts });
    await stand.commit(team, { sourceId: other });
    await stand.commit(team);
    const id = await stand.commit(team, { sourceId: contracts });
    for (const each of [byName, byId]) {
      await until('the row', () => rowsOf(each).length > 0);
      expect(each.out[0]).toContain('to source Contracts ');
      expect(rowsOf(each)).toEqual([expect.stringMatching(new RegExp(`a\\.b +Contracts .* ${id}$`))]);
    }
    expect(receiver.of(path)[0]?.headers).toMatchObject({ 'posthorn-source': contracts, 'posthorn-verified': 'body' });
  });

  test('is refused when no source or several have the name; an id is enough for a key that may not read names', async () => {
    const [one] = [await stand.source(team, 'Twin'), await stand.source(team, 'Twin')];
    await expect(run({ source: 'Twin' }).ended).rejects.toThrow('several sources are called Twin');
    await expect(run({ source: 'None' }).ended).rejects.toThrow('there is no source None; see: posthorn sources list');
    const { key } = await stand.api.createKey(team, ['feed:read']);
    await expect(run({ source: 'Twin', key }).ended).rejects.toThrow('name the source by its id');
    expect((await connected({ source: one, key })).out[0]).toContain(`to source ${one} `);
    await expect(run({ endpoint: 'ep_none', key }).ended).rejects.toMatchObject({ code: 'not_found' });
  });

  test('is narrowed down by event types and by a filter over payloads', async () => {
    const running = await connected({
      eventType: ['invoice.*', 'x'],
      filter: '{"amount": {"$gte": 100}}',
      forward: place().url,
    });
    await stand.commit(team, { type: 'x', payload: { amount: 99 } });
    await stand.commit(team, { type: 'y', payload: { amount: 100 } });
    const wanted = [
      await stand.commit(team, { type: 'x', payload: { amount: 100 } }),
      await stand.commit(team, { type: 'invoice.paid', payload: { amount: 101 } }),
    ];
    await until('the rows', () => rowsOf(running).length === 2);
    await running.stop();
    expect(rowsOf(running).map((line) => line.slice(-30))).toEqual(wanted);
    expect(running.err.at(-1)).toBe('2 events; 2 requests: 2 succeeded, 0 failed; 1 left out by the filter.');
  });

  test('begins where --since says, and ends after --max events', async () => {
    const ids = [await stand.commit(team), await stand.commit(team), await stand.commit(team)];
    const running = run({ since: '1h', max: 2 });
    expect(await running.ended).toBe(0);
    expect(rowsOf(running).map((line) => line.slice(-30))).toEqual(ids.slice(0, 2));
  });

  test.each<[Partial<ListenOptions>, string]>([
    [
      { forward: 'localhost:3000/hook' },
      '--forward localhost:3000/hook is not an http or https URL; write http://localhost:3000/hook',
    ],
    [{ forward: 'ftp://localhost/' }, 'write http://localhost/'],
    [{ filter: '{status: 1}' }, '--filter is not JSON'],
    [{ filter: '{"a": {"$gtt": 1}}' }, '--filter is no filter: /a/$gtt'],
    [{ since: 'yesterday' }, '--since yesterday is no time; write 10m'],
    [{ secret: 'whsec_!', forward: 'http://localhost/' }, '--secret: What follows whsec_ must be'],
  ])('%o is refused before anything is asked', async (options, message) => {
    const { ended } = run({ ...options, url: 'http://127.0.0.1:1' });
    await expect(ended).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining(message) as string });
  });
});

describe('a connection', () => {
  test('that is cut is made again: nothing is lost and nothing comes twice', async () => {
    const { path, url } = place();
    const running = await connected({ forward: url });
    const ids = [await stand.commit(team)];
    await until('the first', () => receiver.of(path).length === 1);
    stand.api.app.server.closeAllConnections();
    ids.push(await stand.commit(team, {}, false));
    await until('the second', () => receiver.of(path).length === 2);
    ids.push(await stand.commit(team));
    await until('the third', () => receiver.of(path).length === 3);
    // The first is told again, since it was not behind the horizon yet.
    expect(receiver.of(path).map(({ eventId }) => eventId)).toEqual(ids);
    expect(running.err).toEqual([
      expect.stringMatching(/^the connection was (cut|closed).*; trying again in \d+ ms, until it is back$/),
      'connected again',
    ]);
  });

  test('ends with its key', async () => {
    const { key, id } = await stand.api.createKey(team, ['feed:read']);
    const running = await connected({ key });
    await stand.api.call('DELETE', `/v1/teams/${team}/api-keys/${id}`);
    // As the notification of the change does in a node.
    stand.api.apiKeys.forgetTeam(team);
    stand.api.app.server.closeAllConnections();
    await expect(running.ended).rejects.toMatchObject({ code: 'unauthorized' });
  });

  test('that cannot be made at first is told at once', async () => {
    const { key } = await stand.api.createKey(team, ['events:write']);
    await expect(run({ key }).ended).rejects.toThrow('use a key that holds feed:read, or the operator key');
    await expect(run({ key: 'phk_wrong' }).ended).rejects.toThrow('give a valid key with --key or POSTHORN_KEY');
    const away = run({ url: 'http://127.0.0.1:1' }).ended;
    await expect(away).rejects.toThrow(/nothing listens at http:\/\/127\.0\.0\.1:1|cannot be reached/);
    const other = await startRawServer((socket) =>
      socket.end('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n{"data":[]}'),
    );
    onTestFinished(() => other.close());
    await expect(run({ url: `http://127.0.0.1:${other.port}` }).ended).rejects.toThrow('does not answer with a stream');
  });
});
