import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { provider, stand, upload } from '../../tests/support/calling-scene.ts';
import { createAuthority } from '../../tests/support/certificates.ts';

// The memory of pieces is given back while their neighbours are on the way: one too early would show in the bytes.

test.each([
  ['with a length', 'over TLS', true, true],
  ['in chunks', 'over TLS', false, true],
  ['with a length', 'in the clear', true, false],
  ['in chunks', 'in the clear', false, false],
])(
  'a large body %s, %s, arrives byte for byte at sides that stop in between',
  async (_framing, _how, hasLength, isSecure) => {
    const sent = randomBytes(6_000_007);
    const framing = (): Record<string, string> => (hasLength ? { 'content-length': String(sent.length) } : {});
    const digest = async (stream: AsyncIterable<Buffer>): Promise<string> => {
      const hash = createHash('sha256');
      for await (const piece of stream) {
        // What is on the way waits meanwhile, a while.
        for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
        hash.update(piece);
      }
      return hash.digest('hex');
    };
    // Pieces of many lengths: small ones share their memory with others.
    function* cut(): Generator<Buffer> {
      const lengths = [1, 100_000, 3_000, 65_536, 16_384, 40_000];
      for (let at = 0, index = 0; at < sent.length; index += 1) {
        const length = lengths[index % lengths.length] as number;
        yield sent.subarray(at, at + length);
        at += length;
      }
    }
    const uploaded: string[] = [];
    const handle = (request: IncomingMessage, response: ServerResponse): void => {
      void digest(request).then((hash) => {
        uploaded.push(hash);
        response.writeHead(200, framing());
        Readable.from(cut()).pipe(response);
      });
    };
    const authority = createAuthority();
    const { certPem, keyPem } = authority.issue('DNS:api.example.com');
    onTestFinished(() => authority.remove());
    const server = isSecure ? createTlsServer({ cert: certPem, key: keyPem }, handle) : createServer(handle);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const calling = await stand({ egress: { caPem: authority.caPem } });
    const connection = calling.connect(isSecure ? `https://api.example.com:${port}` : `http://127.0.0.1:${port}`);
    const answer = await upload(calling, connection.id, cut(), framing());
    const expected = createHash('sha256').update(sent).digest('hex');
    expect([await digest(answer), ...uploaded]).toEqual([expected, expected]);
    const [end] = calling.ledger.ended;
    expect(end).toMatchObject({ requestBytes: sent.length, responseBytes: sent.length, error: null });
  },
);

test.each([0, 1, 256, 16_384, 16_385, 40_000])('an answer of %i bytes of every value arrives whole', async (bytes) => {
  const sent = Buffer.alloc(bytes, Buffer.from(Array.from({ length: 256 }, (_, value) => value)));
  const api = await provider((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/pdf', 'content-length': String(bytes) }).end(sent);
  });
  const calling = await stand();
  const answer = await calling.call(calling.connect(api.url), '/file');
  expect(answer.body.equals(sent)).toBe(true);
  expect(answer.headers['content-length']).toBe(String(bytes));
});
