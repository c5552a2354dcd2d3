import { afterEach, describe, expect, it } from 'vitest';
import { answered, createTestEgress, failed, post } from '../../tests/support/egress.ts';
import type { RawServer } from '../../tests/support/raw-server.ts';
import { response, startRawServer } from '../../tests/support/raw-server.ts';
import type { EgressOptions } from './create-egress.ts';

const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function serve(headers: Record<string, string> = {}): Promise<RawServer> {
  const server = await startRawServer((socket) => socket.write(response(200, '', headers)));
  cleanups.push(() => server.close());
  return server;
}

function egressWith(options: Partial<EgressOptions>) {
  const egress = createTestEgress(options);
  cleanups.push(() => egress.close());
  return egress;
}

const nobody = { allowLoopback: false, allowedNetworks: [] };

describe('guarding connections', () => {
  it.each([
    ['a literal address', 'http://127.0.0.1:PORT/'],
    ['a mapped literal address', 'http://[::ffff:127.0.0.1]:PORT/'],
    ['a name that leads to loopback', 'http://receiver.test:PORT/'],
    ['a name of the machine', 'http://localhost:PORT/'],
  ])('refuses %s without connecting', async (_what, url) => {
    const server = await serve();
    const egress = egressWith({ addressPolicy: nobody });
    const destination = egress.destination({ url: url.replace('PORT', String(server.port)), maxConnections: 1 });
    const result = await failed(post(destination));
    expect(result).toMatchObject({ error: 'blocked', stage: 'before' });
    expect(server.connections()).toBe(0);
  });

  it('keeps back which private address a name has', async () => {
    const egress = egressWith({ resolver: () => Promise.resolve(['10.11.12.13']) });
    const result = await failed(post(egress.destination({ url: 'http://inside.test/', maxConnections: 1 })));
    expect(result).toMatchObject({ error: 'blocked' });
    expect(JSON.stringify(result)).not.toContain('10.11.12.13');
  });

  it('refuses plain http where https is required', async () => {
    const egress = egressWith({ requireHttps: true });
    const destination = egress.destination({ url: 'http://receiver.test/', maxConnections: 1 });
    expect(await failed(post(destination))).toMatchObject({ error: 'blocked', message: 'the URL is not https' });
  });

  it('judges every new connection, so that a rebound name is refused', async () => {
    const server = await serve({ connection: 'close' });
    const answers = [['127.0.0.1'], ['127.0.0.2']];
    const egress = egressWith({
      addressPolicy: { allowLoopback: false, allowedNetworks: ['127.0.0.1/32'] },
      resolver: () => Promise.resolve(answers.shift() ?? []),
    });
    const destination = egress.destination({ url: `http://receiver.test:${server.port}/`, maxConnections: 1 });
    await answered(post(destination));
    expect(await failed(post(destination))).toMatchObject({ error: 'blocked', stage: 'before' });
    expect(server.connections()).toBe(1);
  });

  it('judges each connection of a destination by itself', async () => {
    const held: (() => void)[] = [];
    const arrived = Promise.withResolvers<void>();
    const server = await startRawServer((socket) => {
      held.push(() => socket.write(response(200)));
      arrived.resolve();
    });
    cleanups.push(() => server.close());
    const answers = [['127.0.0.1'], ['10.0.0.1']];
    const egress = egressWith({ resolver: () => Promise.resolve(answers.shift() ?? []) });
    const destination = egress.destination({ url: `http://receiver.test:${server.port}/`, maxConnections: 2 });
    const first = post(destination);
    await arrived.promise;
    expect(await failed(post(destination))).toMatchObject({ error: 'blocked' });
    held[0]!();
    await answered(first);
  });

  it('connects only to the allowed addresses of a name that has both kinds', async () => {
    const server = await serve();
    const egress = egressWith({ resolver: () => Promise.resolve(['10.0.0.1', '169.254.169.254', '127.0.0.1']) });
    const destination = egress.destination({ url: `http://mixed.test:${server.port}/`, maxConnections: 1 });
    expect(await answered(post(destination))).toMatchObject({ status: 200 });
  });

  it('goes on to the next address when one refuses', async () => {
    const server = await serve();
    const egress = egressWith({ resolver: () => Promise.resolve(['127.0.0.7', '::1', '127.0.0.1']) });
    const destination = egress.destination({ url: `http://many.test:${server.port}/`, maxConnections: 1 });
    expect(await answered(post(destination))).toMatchObject({ status: 200 });
  });

  it.each([
    ['fails', () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' })), /ENOTFOUND/],
    ['throws nonsense', () => Promise.reject(new Error('what')), /resolver error/],
    ['knows no address', () => Promise.resolve([]), /no address/],
    ['hangs', () => new Promise<string[]>(() => undefined), /took longer than 50 ms/],
  ])('fails as dns when the resolver %s', async (_what, resolver, message) => {
    const egress = egressWith({ resolver, timeouts: { dnsMs: 50, connectMs: 5000, firstByteMs: 5000 } });
    const result = await failed(post(egress.destination({ url: 'http://receiver.test/', maxConnections: 1 })));
    expect(result).toMatchObject({ error: 'dns', stage: 'before', message: expect.stringMatching(message) });
    expect(result.timing.dnsMs).not.toBeNull();
  });

  it('fails closed when the resolver answers with what is no address', async () => {
    const egress = egressWith({ resolver: () => Promise.resolve(['localhost', '127.1']) });
    const result = await failed(post(egress.destination({ url: 'http://receiver.test/', maxConnections: 1 })));
    expect(result).toMatchObject({ error: 'blocked' });
  });

  it('gives up a name that hangs when the exchange is out of time', async () => {
    const egress = egressWith({ resolver: () => new Promise(() => undefined) });
    const destination = egress.destination({ url: 'http://receiver.test/', maxConnections: 1 });
    expect(await failed(post(destination, 60))).toMatchObject({ error: 'timeout', stage: 'before' });
  });

  it('delays no other name while one hangs', async () => {
    const server = await serve();
    const egress = egressWith({
      resolver: (name) => (name === 'hangs.test' ? new Promise(() => undefined) : Promise.resolve(['127.0.0.1'])),
    });
    const hanging = egress.destination({ url: 'http://hangs.test/', maxConnections: 8 });
    const stuck = Array.from({ length: 8 }, () => failed(post(hanging, 30_000)));
    for (let at = 0; at < 5; at += 1) {
      const url = `http://other-${at}.test:${server.port}/`;
      await answered(post(egress.destination({ url, maxConnections: 1 })));
    }
    await egress.close();
    expect((await Promise.all(stuck)).map(({ error }) => error)).toEqual(Array(8).fill('reset'));
  });
});
