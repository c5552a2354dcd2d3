import { expect, onTestFinished, test } from 'vitest';
import { type RawServer, startRawServer } from '../../../tests/support/raw-server.ts';
import type { ListenedLine } from './listened-line.rules.ts';
import { ConnectionLost, createStreamOpener, type OpenStream } from './open-stream.ts';

const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\nconnection: close\r\n\r\n';
const ping = '{"kind":"ping"}\n';

async function streamOf(
  answer: Parameters<typeof startRawServer>[0],
): Promise<{ open: OpenStream; server: RawServer }> {
  const server = await startRawServer(answer);
  onTestFinished(() => server.close());
  const open = createStreamOpener({
    url: `http://127.0.0.1:${server.port}`,
    key: 'k',
    path: '/v1/teams/t/listen',
    query: { eventTypes: 'a,b', since: '2026-01-01T00:00:00.000Z' },
    silenceMs: 300,
  });
  return { open, server };
}
const never = new AbortController().signal;

async function readAll(lines: AsyncIterable<ListenedLine>): Promise<{ lines: ListenedLine[]; error: unknown }> {
  const read: ListenedLine[] = [];
  try {
    for await (const line of lines) read.push(line);
    return { lines: read, error: null };
  } catch (error) {
    return { lines: read, error };
  }
}

test('begins where it is told to, and goes on after the cursor', async () => {
  const { open, server } = await streamOf((socket) => socket.end(`${head}${ping}`));
  await readAll(await open(null, never));
  await readAll(await open('evt_1', never));
  expect(server.requests.map((request) => request.split('\r\n')[0])).toEqual([
    'GET /v1/teams/t/listen?eventTypes=a%2Cb&since=2026-01-01T00%3A00%3A00.000Z HTTP/1.1',
    'GET /v1/teams/t/listen?eventTypes=a%2Cb&after=evt_1 HTTP/1.1',
  ]);
  expect(server.requests[0]).toMatch(/authorization: Bearer k/i);
});

test('reads lines however they are cut, and passes over kinds that it does not know', async () => {
  const bytes = Buffer.from('{"kind":"position","cursor":"é"}\n{"kind":"new"}\n{"kind":"ping"}\n{"kind":"pi');
  const { open } = await streamOf((socket) => {
    socket.setNoDelay(true).write(head);
    const write = (index: number): void => {
      if (index === bytes.length) socket.end();
      else socket.write(bytes.subarray(index, index + 1), () => setImmediate(write, index + 1));
    };
    write(0);
  });
  const { lines, error } = await readAll(await open(null, never));
  expect(lines).toEqual([{ kind: 'position', cursor: 'é' }, { kind: 'ping' }]);
  expect(error).toBeInstanceOf(ConnectionLost);
});

test('takes silence for a lost connection, but not the time that its reader takes', async () => {
  const { open } = await streamOf((socket) => socket.write(head + ping + ping));
  const lines: ListenedLine[] = [];
  const slowly = async (): Promise<void> => {
    for await (const line of await open(null, never)) {
      lines.push(line);
      // Longer than the silence that is borne.
      await new Promise((resolve) => setTimeout(resolve, 400));
    }
  };
  await expect(slowly()).rejects.toMatchObject({ name: 'CliFailure', what: 'nothing came for 300 ms' });
  expect(lines).toHaveLength(2);
});

test('follows no redirect with the key', async () => {
  const { open, server } = await streamOf((socket) =>
    socket.end('HTTP/1.1 307 x\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'),
  );
  await expect(open(null, never)).rejects.toBeInstanceOf(ConnectionLost);
  expect(server.requests).toHaveLength(1);
});

test('tells a refusal by its problem, and one that is none by its status', async () => {
  const problem = JSON.stringify({
    code: 'invalid_cursor',
    detail: 'No.',
    errors: [{ pointer: '?after', message: 'x' }],
  });
  const flag = JSON.stringify({ code: 'invalid_request', detail: 'No.' });
  for (const [status, body, expected] of [
    [400, flag, { what: 'No', remedy: 'see: posthorn listen --help' }],
    [400, problem, { status: 400, code: 'invalid_cursor', what: 'No (?after x)' }],
    [502, '<html>', { status: 502, code: '', what: 'the answer was 502' }],
  ] as const) {
    const { open } = await streamOf((socket) =>
      socket.end(`HTTP/1.1 ${status} x\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`),
    );
    await expect(open(null, never)).rejects.toMatchObject(expected);
  }
});
