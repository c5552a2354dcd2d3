import { createHmac } from 'node:crypto';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { DedupeStore } from './dedupe-store.ts';
import { memoryStore } from './memory-store.ts';
import type { Outcome } from './outcome.ts';
import type { BodyReading } from './read-body.ts';
import { createReception, type Incoming } from './receive.ts';
import { readHeaders } from './received-headers.rules.ts';
import type { ReceiverOptions } from './receiver-options.ts';

const key = Buffer.alloc(32, 7);
const secret = `whsec_${key.toString('base64')}`;
const text = '{"type":"invoice.paid","timestamp":"2026-05-06T07:08:09.000Z","data":{"amount":1}}';

/** A request that is signed right, unless it is told otherwise. */
function request(id = 'evt_1', more: Partial<Incoming> & { signedBy?: Buffer } = {}): Incoming {
  const timestamp = Math.floor(Date.now() / 1000);
  const { signedBy = key, ...rest } = more;
  const signature = createHmac('sha256', signedBy).update(`${id}.${timestamp}.${text}`).digest('base64');
  return {
    method: 'POST',
    url: '/webhooks',
    headers: readHeaders({
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': `v1,${signature}`,
      'posthorn-event-type': 'invoice.paid',
      'posthorn-attempt': '2',
    }),
    readBody: () => Promise.resolve({ state: 'whole', body: Buffer.from(text) }),
    ...rest,
  };
}

function reception(options: Partial<ReceiverOptions> = {}) {
  const outcomes: Outcome[] = [];
  const { answer, idle } = createReception({
    secret,
    onEvent: () => undefined,
    onOutcome: (outcome) => outcomes.push(outcome),
    ...options,
  });
  return { answer, idle, outcomes, kinds: () => outcomes.map(({ outcome, status }) => [outcome, status]) };
}

/** Work that goes on until the test lets it end. */
function heldWork() {
  const begun: string[] = [];
  const gate = Promise.withResolvers<void>();
  gate.promise.catch(() => undefined);
  return {
    begun,
    end: () => gate.resolve(),
    fail: (error: unknown) => gate.reject(error),
    onEvent: async ({ id }: { id: string }) => {
      begun.push(id);
      await gate.promise;
    },
  };
}

describe('a receiver that answers after its work', () => {
  it('answers 200 when it is done, and to every duplicate without working again', async () => {
    const ids: string[] = [];
    const { answer, outcomes } = reception({ onEvent: ({ id }) => ids.push(id) });
    expect(await answer(request())).toMatchObject({ status: 200, text: 'handled\n', close: false });
    expect(await answer(request())).toMatchObject({ status: 200, text: 'duplicate\n' });
    expect(ids).toEqual(['evt_1']);
    const about = { id: 'evt_1', type: 'invoice.paid', attempt: 2, reason: null, error: null, status: 200 };
    expect(outcomes).toMatchObject([
      { outcome: 'handled', ...about },
      { outcome: 'duplicate', ...about },
    ]);
  });

  it('answers 409 with Retry-After while the same event is worked on', async () => {
    const work = heldWork();
    const { answer } = reception({ onEvent: work.onEvent, retryAfterSeconds: 7 });
    const first = answer(request());
    await vi.waitFor(() => expect(work.begun).toEqual(['evt_1']));
    expect(await answer(request())).toMatchObject({ status: 409, headers: { 'retry-after': '7' } });
    work.end();
    expect((await first).status).toBe(200);
    expect((await answer(request())).text).toBe('duplicate\n');
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no room');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no room'))],
    ['rejects with nothing', () => Promise.reject(undefined as unknown as Error)],
  ])('answers 500 when the work %s, and works again on the next attempt', async (_how, fail) => {
    const works: (() => unknown)[] = [fail, () => undefined];
    const { answer, outcomes } = reception({ onEvent: () => works.shift()?.() });
    expect(await answer(request())).toMatchObject({ status: 500, text: 'failed\n' });
    expect(outcomes[0]).toMatchObject({ outcome: 'failed', id: 'evt_1', error: expect.any(Error) as Error });
    expect((await answer(request())).text).toBe('handled\n');
  });

  it('answers 503 when the store is away, and has not worked', async () => {
    const onEvent = vi.fn<() => void>();
    const store: DedupeStore = { ...memoryStore(), claim: () => Promise.reject(new Error('away')) };
    const { answer, outcomes } = reception({ onEvent, store });
    expect(await answer(request())).toMatchObject({ status: 503, headers: { 'retry-after': '60' } });
    expect(onEvent).not.toHaveBeenCalled();
    expect(outcomes).toMatchObject([{ outcome: 'failed', error: new Error('away') }]);
  });

  it('answers 200 for work that the store could not remember, and says so', async () => {
    const store: DedupeStore = { ...memoryStore(), done: () => Promise.reject(new Error('away')) };
    const { answer, outcomes } = reception({ store });
    expect((await answer(request())).status).toBe(200);
    expect(outcomes).toMatchObject([{ outcome: 'handled', error: new Error('away') }]);
  });

  it('waits for its work when it is asked whether it is idle', async () => {
    const work = heldWork();
    const { answer, idle } = reception({ onEvent: work.onEvent });
    await idle();
    const answered = answer(request());
    await vi.waitFor(() => expect(work.begun).toHaveLength(1));
    let isIdle = false;
    const idling = idle().then(() => {
      isIdle = true;
    });
    await Promise.resolve();
    expect(isIdle).toBe(false);
    work.end();
    await Promise.all([answered, idling]);
  });
});

describe('a receiver that answers before its work', () => {
  it('answers 202 before the work begins, and tells how it ended', async () => {
    const work = heldWork();
    const { answer, idle, kinds } = reception({ mode: 'before', onEvent: work.onEvent });
    expect(await answer(request())).toMatchObject({ status: 202, text: 'accepted\n' });
    expect(work.begun).toEqual([]);
    await vi.waitFor(() => expect(work.begun).toEqual(['evt_1']));
    expect((await answer(request())).status).toBe(409);
    work.end();
    await idle();
    expect(kinds()).toEqual([
      ['accepted', 202],
      ['busy', 409],
      ['handled', null],
    ]);
    expect((await answer(request())).text).toBe('duplicate\n');
  });

  it('tells of work that failed, and takes the event again when it is resent', async () => {
    const work = heldWork();
    const { answer, idle, outcomes } = reception({ mode: 'before', onEvent: work.onEvent });
    await answer(request());
    work.fail(new Error('no room'));
    await idle();
    expect(outcomes[1]).toMatchObject({ outcome: 'failed', status: null, id: 'evt_1', error: new Error('no room') });
    expect((await answer(request())).status).toBe(202);
    await idle();
  });

  it('answers 503 when it works on as many as it may', async () => {
    const work = heldWork();
    const { answer, idle } = reception({ mode: 'before', maxBackground: 2, onEvent: work.onEvent });
    const answers = await Promise.all(['a', 'b', 'c'].map((id) => answer(request(id))));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 503]);
    work.end();
    await idle();
    expect((await answer(request('c'))).status).toBe(202);
    await idle();
  });

  it('hands its work to a platform that wants to know of it', async () => {
    const announced: Promise<void>[] = [];
    const { answer, kinds } = reception({ mode: 'before', waitUntil: (work) => announced.push(work) });
    await answer(request());
    await Promise.all(announced);
    expect(kinds()).toEqual([
      ['accepted', 202],
      ['handled', null],
    ]);
  });
});

describe('a request that is not taken', () => {
  it.each<[string, Partial<Incoming> & { signedBy?: Buffer }, object]>([
    ['by another method', { method: 'GET' }, { status: 405, headers: { allow: 'POST' } }],
    [
      'with another signature',
      { signedBy: Buffer.alloc(32) },
      { status: 401, text: 'refused: no_matching_signature\n' },
    ],
    ['without headers', { headers: new Map() }, { status: 401, text: 'refused: missing_header\n' }],
    ['too large, read to its end', reading({ state: 'too_large', ended: true }), { status: 413, close: false }],
    ['too large, cut', reading({ state: 'too_large', ended: false }), { status: 413, close: true }],
    ['too slow', reading({ state: 'too_slow' }), { status: 408, close: true }],
    ['cut off', reading({ state: 'cut_off' }), { status: 400, close: true }],
    ['parsed already', reading(null), { status: 500, close: false }],
  ])('%s is answered, told, and not worked on', async (_about, more, answered) => {
    const onEvent = vi.fn<() => void>();
    const { answer, outcomes } = reception({ onEvent });
    expect(await answer(request('evt_1', more))).toMatchObject(answered);
    expect(onEvent).not.toHaveBeenCalled();
    expect(outcomes).toHaveLength(1);
    expect(outcomes[0]?.id).toBeNull();
  });

  function reading(what: BodyReading | null): Partial<Incoming> {
    return { readBody: () => Promise.resolve(what) };
  }

  it('tells what to do about a body that is gone', async () => {
    const { answer, outcomes } = reception();
    await answer(request('evt_1', reading(null)));
    expect(String(outcomes[0]?.error)).toContain('before express.json()');
  });
});

describe('a secret that is looked up', () => {
  it('is looked up by path and headers, for each request', async () => {
    const { answer } = reception({
      secret: async ({ url, header }) => {
        await Promise.resolve();
        return url === '/webhooks' && header('Posthorn-Event-Type') === 'invoice.paid'
          ? ['whsec_' + 'A'.repeat(44), secret]
          : null;
      },
    });
    // 44 As are 33 bytes of base64.
    expect((await answer(request())).status).toBe(200);
    expect(await answer(request('evt_2', { url: '/elsewhere' }))).toMatchObject({
      status: 401,
      text: 'refused: no_secret\n',
    });
  });

  it.each([
    ['fails', () => Promise.reject(new Error('away'))],
    ['gives one that is none', () => 'PLANTED'],
  ])('and %s is a failure here, which Posthorn tries again', async (_about, lookUp) => {
    const { answer, outcomes } = reception({ secret: lookUp });
    expect(await answer(request())).toMatchObject({ status: 500, text: 'failed\n' });
    expect(outcomes[0]?.outcome).toBe('failed');
    expect(String(outcomes[0]?.error)).not.toContain('PLANTED');
  });
});

describe('options that cannot be used', () => {
  it.each<[string, object]>([
    ['a secret that is none', { secret: 'nothing' }],
    ['no secret', { secret: [] }],
    ['nothing to do', { onEvent: undefined }],
    ['no room for a body', { maxBodyBytes: 0 }],
    ['no time for a body', { bodyTimeoutMs: -1 }],
    ['no background', { mode: 'before', maxBackground: 0 }],
  ])('%s are refused at once', (_about, options) => {
    expect(() => createReception({ secret, onEvent: () => undefined, ...options })).toThrow(TypeError);
  });
});

describe('without a hook', () => {
  function warnings(): Error[] {
    const seen: Error[] = [];
    const see = (warning: Error): void => void (warning.name.startsWith('Posthorn') && seen.push(warning));
    process.on('warning', see);
    onTestFinished(() => void process.off('warning', see));
    return seen;
  }

  it('what failed is a warning of the process; what was refused is not', async () => {
    const seen = warnings();
    const { answer } = createReception({
      secret,
      onEvent: ({ id }) => {
        if (id === 'evt_bad') throw new Error('no room');
      },
    });
    await answer(request('evt_forged', { signedBy: Buffer.alloc(32) }));
    await answer(request('evt_good'));
    await answer(request('evt_bad'));
    await vi.waitFor(() => expect(seen).toHaveLength(1));
    expect(seen[0]?.message).toContain('evt_bad');
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('the log is full');
      },
    ],
    [
      'rejects',
      async () => {
        await Promise.reject(new Error('the log is full'));
      },
    ],
  ])('a hook that %s changes no answer', async (_how, onOutcome: () => unknown) => {
    const seen = warnings();
    const { answer } = reception({ onOutcome });
    expect((await answer(request())).status).toBe(200);
    await vi.waitFor(() => expect(seen).toHaveLength(1));
  });
});
