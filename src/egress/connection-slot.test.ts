import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { failed } from '../../tests/support/egress.ts';
import { response, startRawServer } from '../../tests/support/raw-server.ts';
import { ConnectionSlot } from './connection-slot.ts';
import { PooledDestination } from './destination.ts';
import { Exchange } from './exchange.ts';
import type { ExchangeResult } from './exchange-result.ts';
import { EgressFailure } from './exchange-result.ts';

const request = { path: '/', method: 'POST', headers: [], body: Buffer.from('x') };
const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

describe('a connection slot', () => {
  it('says when its idle connection is closed, so that nothing of it is kept', async () => {
    const server = await startRawServer((socket) => socket.end(response(200)));
    cleanups.push(() => server.close());
    const idleClosed = Promise.withResolvers<ConnectionSlot>();
    const slot = new ConnectionSlot(
      `http://127.0.0.1:${server.port}`,
      () => new Promise((resolve) => resolve(connect(server.port, '127.0.0.1'))),
      () => performance.now(),
      idleClosed.resolve,
    );
    const result = Promise.withResolvers<ExchangeResult>();
    const owner = {
      firstByteTimeoutMs: 5000,
      maxResponseBytes: 100,
      nowMs: () => performance.now(),
      ended: () => {
        slot.exchange = null;
      },
    };
    slot.carry(new Exchange(owner, request, 5000, result.resolve));
    expect(await result.promise).toMatchObject({ kind: 'response', status: 200 });
    expect(await idleClosed.promise).toBe(slot);
    slot.discard();
  });

  it('gives up a connection that is being opened when it is discarded', async () => {
    const opening = Promise.withResolvers<AbortSignal>();
    const slot = new ConnectionSlot(
      'http://127.0.0.1:1',
      (_timing, abort) => {
        opening.resolve(abort.signal);
        return new Promise(() => undefined);
      },
      () => 0,
      () => undefined,
    );
    const owner = { firstByteTimeoutMs: 1, maxResponseBytes: 1, nowMs: () => 0, ended: () => undefined };
    const exchange = new Exchange(owner, request, 5000, () => undefined);
    slot.carry(exchange);
    const signal = await opening.promise;
    slot.discard();
    expect(signal.aborted).toBe(true);
  });
});

describe('a destination', () => {
  it('leaves no deadline behind when an exchange is over', async () => {
    const deadlines = new Set<unknown>();
    let most = 0;
    const destination = new PooledDestination({
      wiring: {
        addressPolicy: { allowLoopback: true, networks: [] },
        lookUp: () => Promise.reject(new EgressFailure('dns', 'none')),
        tlsContexts: () => {
          throw new EgressFailure('tls', 'none');
        },
        proxy: null,
        connectMs: 1000,
        nowMs: () => 0,
      },
      deadlines: {
        add: (timed) => {
          deadlines.add(timed);
          most = deadlines.size;
        },
        remove: (timed) => void deadlines.delete(timed),
      },
      place: {
        origin: 'http://a.test',
        path: '/',
        target: { hostname: 'a.test', port: 80, secure: false, tls: undefined, sessions: { session: undefined } },
      },
      maxConnections: 1,
      firstByteTimeoutMs: 1000,
      maxResponseBytes: 100,
      userAgent: 'test',
      onClosed: () => undefined,
    });
    const result = new Promise<ExchangeResult>((resolve) => {
      destination.post([], Buffer.from('x'), 1000, resolve);
    });
    expect(await failed(result)).toMatchObject({ error: 'dns' });
    expect(most).toBe(1);
    expect(deadlines.size).toBe(0);
    await destination.close();
  });
});
