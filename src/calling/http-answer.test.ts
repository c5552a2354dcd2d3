import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { until } from '../../tests/support/until.ts';
import { HttpAnswer } from './http-answer.ts';

test('pieces are in order and written together; those that nobody else holds give their memory back then', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const request = get({ port, host: '127.0.0.1', agent: false });
  const [, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse];
  const answer = new HttpAnswer(response, () => undefined);
  const piece = (letter: string): Buffer => Buffer.allocUnsafeSlow(20_000).fill(letter);
  const [own, kept, last] = [piece('a'), piece('b'), piece('c')];
  answer.head(200, ['content-length', '60000']);
  expect([answer.data(own, true), answer.data(kept, false), answer.data(last, true)]).toEqual([true, true, true]);
  expect(own).toHaveLength(20_000);
  const [got] = (await once(request, 'response')) as [IncomingMessage];
  answer.end([]);
  const text = (await got.setEncoding('latin1').toArray()).join('');
  expect(text).toBe('a'.repeat(20_000) + 'b'.repeat(20_000) + 'c'.repeat(20_000));
  await until('the memory to be given back', () => own.length === 0 && last.length === 0);
  expect(kept).toHaveLength(20_000);
});
