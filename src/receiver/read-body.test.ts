import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { readBody } from './read-body.ts';

const mib = 1024 * 1024;
const limits = { maxBytes: 10, timeoutMs: 10_000 };

function streamOf(...chunks: (string | Buffer)[]): PassThrough {
  const stream = new PassThrough();
  for (const chunk of chunks) stream.write(chunk);
  return stream;
}

it('gives a body whole, up to the last byte that it may have', async () => {
  for (const chunks of [[], ['0123456789'], ['0123', '456', '789']]) {
    const stream = streamOf(...chunks);
    stream.end();
    expect(await readBody(stream, null, limits)).toEqual({ state: 'whole', body: Buffer.from(chunks.join('')) });
  }
});

it('reads what is too large to its end, so that the connection can be used on', async () => {
  const stream = streamOf('0123456789', '0');
  stream.end(Buffer.alloc(mib));
  expect(await readBody(stream, null, limits)).toEqual({ state: 'too_large', ended: true });
});

it('does not read for ever what is very much too large', async () => {
  const stream = new PassThrough({ highWaterMark: 64 * mib });
  for (let n = 0; n < 20; n += 1) stream.write(Buffer.alloc(mib));
  expect(await readBody(stream, null, limits)).toEqual({ state: 'too_large', ended: false });
  expect(stream.destroyed).toBe(false);
});

it('does not even begin with what says that it is very much too large', async () => {
  const stream = streamOf('0');
  expect(await readBody(stream, 17 * mib, limits)).toEqual({ state: 'too_large', ended: false });
  expect(stream.readableDidRead).toBe(false);
});

it('waits no longer than it may, and leaves the stream for whoever answers', async () => {
  const stream = streamOf('01234');
  expect(await readBody(stream, null, { ...limits, timeoutMs: 20 })).toEqual({ state: 'too_slow' });
  expect(stream.destroyed).toBe(false);
  const large = streamOf('0123456789012');
  expect(await readBody(large, null, { ...limits, timeoutMs: 20 })).toEqual({ state: 'too_large', ended: false });
});

it('tells of a sender that hung up, before and after it waited for it', async () => {
  const stream = streamOf('01234');
  const reading = readBody(stream, null, limits);
  stream.destroy(new Error('reset'));
  expect(await reading).toEqual({ state: 'cut_off' });

  const late = streamOf('01234');
  expect(await readBody(late, null, { ...limits, timeoutMs: 20 })).toEqual({ state: 'too_slow' });
  // An error that nobody listens for would end the process.
  late.destroy(new Error('reset'));
});
