import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { raw, stand } from '../../tests/support/calling-scene.ts';
import { send } from '../../tests/support/calling-stand.ts';

describe('what cannot be a path of the provider', () => {
  test.each([
    ['/../secret', 'dots'],
    ['/a/%2e%2e/secret', 'encoded dots'],
    ['/a/%252e%252e/secret', 'dots encoded twice'],
    ['/a/..;/secret', 'dots with a parameter'],
    ['//evil.example/x', 'an empty segment'],
    ['/a%2f..%2fsecret', 'an encoded slash'],
    ['/a\\..\\secret', 'backslashes'],
    ['/a%5c..%5csecret', 'encoded backslashes'],
    ['/a%00b', 'an encoded NUL'],
  ])('%s is refused: %s', async (path) => {
    const api = await raw((socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'));
    const calling = await stand();
    const { id } = calling.connect(`${api.url}/base`);
    const caller = connect(calling.port, '127.0.0.1');
    onTestFinished(() => void caller.destroy());
    caller.write(`GET /egress/${id}${path} HTTP/1.1\r\nhost: a\r\nposthorn-key: ${calling.operatorKey}\r\n\r\n`);
    const [text] = (await once(caller, 'data')) as [Buffer];
    expect(text.toString()).toMatch(/^HTTP\/1\.1 400 /);
    expect(api.requests).toEqual([]);
    expect(calling.ledger.started).toEqual([]);
  });

  test('a Host, an absolute form or a CONNECT of the caller leads nowhere else', async () => {
    const api = await raw((socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'));
    const elsewhere = await raw((socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'));
    const calling = await stand();
    const { id } = calling.connect(api.url);
    const ask = async (line: string, host: string): Promise<string> => {
      const caller = connect(calling.port, '127.0.0.1');
      onTestFinished(() => void caller.destroy());
      caller.on('error', () => undefined);
      caller.write(
        `${line} HTTP/1.1\r\nhost: ${host}\r\nposthorn-key: ${calling.operatorKey}\r\nx-forwarded-host: ${host}\r\n\r\n`,
      );
      const answer = await Promise.race([once(caller, 'data'), once(caller, 'close')]);
      return String(answer[0]).slice(0, 12);
    };
    const other = `127.0.0.1:${elsewhere.port}`;
    expect(await ask(`GET /egress/${id}/x`, other)).toBe('HTTP/1.1 200');
    expect(api.requests[0]).toMatch(new RegExp(`\r\nhost: 127\\.0\\.0\\.1:${api.port}\r\n`));
    expect(api.requests[0]).not.toContain(other);
    expect(await ask(`GET http://${other}/egress/${id}/x`, other)).toBe('HTTP/1.1 400');
    expect(await ask(`GET http://${other}/x`, other)).toBe('HTTP/1.1 404');
    expect(await ask(`CONNECT ${other}`, other)).not.toBe('HTTP/1.1 200');
    expect(await ask(`TRACE /egress/${id}/x`, other)).not.toBe('HTTP/1.1 200');
    expect(elsewhere.requests).toEqual([]);
    expect(api.requests).toHaveLength(1);
  });

  test('a very long one is refused as well, and one of 8 kB is not', async () => {
    const api = await raw((socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'));
    const calling = await stand();
    const { id } = calling.connect(api.url);
    const ask = (length: number) =>
      send(calling.port, `/egress/${id}/${'a'.repeat(length)}`, { key: calling.operatorKey });
    expect((await ask(8_000)).status).toBe(200);
    expect((await ask(9_000)).json['code']).toBe('invalid_path');
  });
});
