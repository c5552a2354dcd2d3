import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { screen } from '../../tests/support/screen.ts';
import { runSend, type SendOptions } from './send.ts';

type Call = { method: string; url: string; headers: IncomingMessage['headers']; body: string };
type Reply = { status?: number; body: unknown };

const accepted = {
  id: 'evt_1',
  type: 'invoice.paid',
  acceptedAt: '2026-01-01T00:00:00Z',
  deliveries: 1,
  duplicate: false,
};

/** A Posthorn that answers from a table of `METHOD /path`; what is not in it is 404. */
async function fakeApi(
  answer: (call: Call, nth: number) => Reply | undefined,
): Promise<{ url: string; calls: Call[]; stop(): Promise<void> }> {
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const call = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body };
      const nth = calls.filter(({ method, url }) => method === call.method && url === call.url).length;
      calls.push(call);
      const reply = answer(call, nth) ?? problem(404, 'not_found', 'There is no such thing here');
      response.writeHead(reply.status ?? 200, { 'content-type': 'application/json' }).end(JSON.stringify(reply.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  onTestFinished(stop);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls, stop };
}

function problem(status: number, code: string, title: string, more: object = {}): Reply {
  return { status, body: { type: 'about:blank', title, status, code, ...more } };
}

async function send(options: Partial<SendOptions>, type = 'invoice.paid') {
  const { out, err, terminal } = screen(80);
  const exitCode = await runSend(type, { key: 'k', timeout: 5, ...options }, terminal);
  return { exitCode, out, err };
}

test('posts the payload digit for digit to the only team there is', async () => {
  const api = await fakeApi(({ method, url }) => {
    if (url.startsWith('/v1/teams?')) return { body: { data: [{ id: 'team_1', name: 'Acme' }], nextCursor: null } };
    return method === 'POST' && url === '/v1/teams/team_1/events' ? { status: 202, body: accepted } : undefined;
  });
  const { exitCode, out } = await send({
    url: api.url,
    data: '{"n": 1.10}',
    idempotencyKey: 'i-1',
    orderingKey: 'o"1',
  });
  expect(exitCode).toBe(0);
  expect(out).toEqual(['accepted  evt_1  1 delivery']);
  const call = api.calls.at(-1);
  expect(call?.body).toBe(String.raw`{"type":"invoice.paid","payload":{"n": 1.10},"orderingKey":"o\"1"}`);
  expect(call?.headers).toMatchObject({
    authorization: 'Bearer k',
    'idempotency-key': 'i-1',
    'content-type': 'application/json',
  });
});

test('sends another content type as it is', async () => {
  const api = await fakeApi(({ method }) => (method === 'POST' ? { status: 202, body: accepted } : undefined));
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-send-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'invoice.xml');
  await writeFile(file, '<invoice/>');
  await send({ url: api.url, team: 'team_1', file, contentType: 'application/xml', orderingKey: 'o 1' });
  expect(api.calls.at(-1)).toMatchObject({
    url: '/v1/teams/team_1/events?type=invoice.paid&orderingKey=o%201',
    body: '<invoice/>',
    headers: { 'content-type': 'application/xml' },
  });
});

test('registers an unknown event type when told to, and says how when not', async () => {
  const unknown = problem(422, 'unknown_event_type', 'The event type is not registered', {
    detail: 'invoice.paid is not registered.',
  });
  const api = await fakeApi(({ url }, nth) => {
    if (url.endsWith('/event-types')) return { status: 201, body: { name: 'invoice.paid' } };
    return url.endsWith('/events') ? (nth === 0 ? unknown : { status: 202, body: accepted }) : undefined;
  });
  const options = { url: api.url, team: 'team_1' };
  await expect(send(options)).rejects.toMatchObject({
    what: 'invoice.paid is not registered',
    remedy: 'register it with --register',
    exitCode: 1,
  });
  const again = await fakeApi(({ url }, nth) => {
    if (url.endsWith('/event-types')) return { status: 201, body: { name: 'invoice.paid' } };
    return url.endsWith('/events') ? (nth === 0 ? unknown : { status: 202, body: accepted }) : undefined;
  });
  expect((await send({ url: again.url, team: 'team_1', register: true })).exitCode).toBe(0);
  expect(again.calls.map(({ url }) => url.split('/').at(-1))).toEqual(['events', 'event-types', 'events']);
});

test.each([
  ['succeeded', 200, 0, '200 in 12 ms'],
  ['dead', 500, 1, '500 in 12 ms'],
] as const)('waits until a delivery is %s, telling each attempt once', async (state, status, exitCode, said) => {
  const attempt = (number: number, code: number) => ({
    number,
    startedAt: '2026-01-01T00:00:00Z',
    status: code,
    error: null,
    errorMessage: null,
    timing: { totalMs: 12 },
  });
  const api = await fakeApi(({ method, url }, nth) => {
    if (method === 'POST') return { status: 202, body: accepted };
    if (url.includes('?event=evt_1')) return { body: { data: [{ id: 'dlv_1' }], nextCursor: null } };
    const attempts = [attempt(1, 503), attempt(2, status)].slice(0, nth + 1);
    return { body: { id: 'dlv_1', endpointId: 'ep_1', state: nth < 2 ? 'pending' : state, attempts } };
  });
  const result = await send({ url: api.url, team: 'team_1', wait: true });
  expect(result.exitCode).toBe(exitCode);
  expect(result.err).toHaveLength(3);
  expect(result.err[0]).toContain('ep_1  attempt 1  503 in 12 ms');
  expect(result.err[1]).toContain(`ep_1  attempt 2  ${said}`);
  expect(result.err[2]).toContain(state);
});

test('gives up waiting, and says that Posthorn does not', async () => {
  const api = await fakeApi(({ method, url }) => {
    if (method === 'POST') return { status: 202, body: accepted };
    if (url.includes('?event=')) return { body: { data: [{ id: 'dlv_1' }], nextCursor: null } };
    return { body: { id: 'dlv_1', endpointId: 'ep_1', state: 'pending', attempts: [] } };
  });
  await expect(send({ url: api.url, team: 't', wait: true, timeout: 0.2 })).rejects.toMatchObject({
    what: '1 delivery is still pending after 200 ms',
  });
});

test('asks for --team when there are several, none, or when it may not look', async () => {
  const withTeams = (reply: Reply) => fakeApi(({ url }) => (url.startsWith('/v1/teams?') ? reply : undefined));
  const two = await withTeams({
    body: {
      data: [
        { id: 'a', name: 'A' },
        { id: 'b', name: 'B' },
      ],
      nextCursor: null,
    },
  });
  await expect(send({ url: two.url })).rejects.toMatchObject({ what: 'there are several teams (A: a, B: b)' });
  const none = await withTeams({ body: { data: [], nextCursor: null } });
  await expect(send({ url: none.url })).rejects.toMatchObject({ what: 'there is no team yet' });
  const refused = await withTeams(problem(403, 'forbidden', 'This API key may not do that'));
  await expect(send({ url: refused.url })).rejects.toMatchObject({ what: 'this key may not list teams' });
});

test('sends whoever lacks a permission to another key, and whoever may not do it at all to somebody else', async () => {
  const refusal = async (detail: string) => {
    const reply = problem(403, 'forbidden', 'This API key may not do that', { detail });
    const api = await fakeApi(({ url }) => (url.includes('/events') ? reply : undefined));
    return send({ url: api.url, team: 't', data: '1' });
  };
  await expect(refusal('This API key does not hold the permission "events:write".')).rejects.toMatchObject({
    remedy: 'use a key with that permission, or the operator key',
  });
  await expect(refusal('Event types that start with "posthorn." are made by Posthorn alone.')).rejects.toMatchObject({
    remedy: 'ask somebody who may, or act with a key of theirs',
  });
});

test('says what is wrong before it sends anything', async () => {
  const api = await fakeApi(() => undefined);
  await expect(send({ url: api.url, data: '{' })).rejects.toMatchObject({
    exitCode: 2,
    what: 'the payload is not JSON',
  });
  await expect(send({ url: api.url, data: '1', file: 'x' })).rejects.toMatchObject({ exitCode: 2 });
  await expect(send({ url: api.url, file: '/absent' })).rejects.toMatchObject({
    what: '/absent cannot be read (ENOENT)',
  });
  expect(api.calls).toEqual([]);
});

test('says when nothing listens, and when what answers is no Posthorn', async () => {
  const gone = await fakeApi(() => undefined);
  await gone.stop();
  await expect(send({ url: gone.url, team: 't' })).rejects.toMatchObject({ what: `nothing listens at ${gone.url}` });
  const server = createServer((_request, response) => response.end('<html>'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await expect(send({ url, team: 't' })).rejects.toMatchObject({ remedy: 'check that --url is a Posthorn' });
});
