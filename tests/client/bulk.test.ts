import { once } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bulk } from '../../src/client/bulk.ts';
import { addEnded, type Ended, rateOf } from '../../src/client/bulk-rate.rules.ts';
import { decideBulkRetry, isPermanent } from '../../src/client/bulk-retry.rules.ts';
import { PosthornError } from '../../src/client/posthorn-error.ts';
import { ProviderError } from '../../src/client/provider-error.ts';
import { type BulkParts, type BulkProgress, BulkStoppedError, runBulk } from '../../src/client/run-bulk.ts';
import { connectionId, startEgress } from './egress-server.ts';

const passing = (retryAfterMs: number | null = null): PosthornError =>
  new PosthornError('budget_exhausted', 'wait', { status: 429, retryable: true, mayRepeat: true, retryAfterMs });
const inDoubt = new PosthornError('provider_timeout', 'late', { status: 504, retryable: true, mayRepeat: false });
const provider = (kind: 'permanent' | 'polling'): ProviderError =>
  new ProviderError({
    provider: 'p',
    operation: 'p.o',
    status: 400,
    code: null,
    retryable: false,
    permanent: kind === 'permanent',
    mayRepeat: true,
    retryAfterMs: null,
    callId: null,
    body: null,
  });

/** Parts with a clock of their own: a wait lets that much time pass, once everything else has had its turn. */
function inVirtualTime(more: Partial<BulkParts> = {}): { parts: BulkParts; waits: number[]; nowMs: () => number } {
  let now = 0;
  const waits: number[] = [];
  const wait = async (ms: number, signal: AbortSignal): Promise<void> => {
    waits.push(ms);
    const due = now + ms;
    await new Promise(setImmediate);
    signal.throwIfAborted();
    now = Math.max(now, due);
  };
  const parts: BulkParts = {
    concurrency: 2,
    signal: new AbortController().signal,
    retry: {},
    stopOnPermanent: false,
    onProgress: () => undefined,
    nowMs: () => now,
    random: () => 0,
    wait,
    ...more,
  };
  return { parts, waits, nowMs: () => now };
}

describe('bulk', () => {
  it('gives a result for each item, in their order, whoever ends first', async () => {
    const gates = [Promise.withResolvers<string>(), Promise.withResolvers<string>(), Promise.withResolvers<string>()];
    const results = bulk([0, 1, 2], (index) => gates[index]!.promise);
    gates[2]!.resolve('c');
    gates[1]!.reject(new Error('b'));
    gates[0]!.resolve('a');
    expect(await results).toEqual([
      { item: 0, ok: true, value: 'a', tries: 1 },
      { item: 1, ok: false, error: new Error('b'), tries: 1 },
      { item: 2, ok: true, value: 'c', tries: 1 },
    ]);
  });

  it('works on no more at once than it may, and on as many', async () => {
    let [underWay, most] = [0, 0];
    await bulk(
      Array.from({ length: 50 }),
      async () => {
        underWay += 1;
        most = Math.max(most, underWay);
        await new Promise(setImmediate);
        underWay -= 1;
      },
      { concurrency: 5 },
    );
    expect(most).toBe(5);
  });

  it('loses nothing: whatever works and fails, every item has its own result', async () => {
    const outcome = fc.constantFrom('ok', 'passes once', 'never passes', 'throws', 'throws nothing', 'in doubt');
    await fc.assert(
      fc.asyncProperty(fc.array(outcome), fc.integer({ min: 1, max: 5 }), async (items, concurrency) => {
        const { parts } = inVirtualTime({ concurrency, retry: { most: 2 } });
        const results = await runBulk(
          items,
          (item, { attempt }) => {
            if (item === 'ok' || (item === 'passes once' && attempt > 1)) return item;
            if (item === 'throws') throw new Error(item);
            // oxlint-disable-next-line typescript/only-throw-error, no-throw-literal -- work is code of others
            if (item === 'throws nothing') throw undefined;
            throw item === 'in doubt' ? inDoubt : passing(10);
          },
          parts,
        );
        expect(results.map(({ item }) => item)).toEqual(items);
        expect(results.map(({ ok, tries }) => `${ok} ${tries}`)).toEqual(
          items.map((item) => {
            if (item === 'ok') return 'true 1';
            if (item === 'passes once') return 'true 2';
            return item === 'never passes' ? 'false 3' : 'false 1';
          }),
        );
      }),
    );
  });

  it('pauses all of them when an answer asks to wait, and begins nothing before', async () => {
    const began: [string, number][] = [];
    const { parts, nowMs } = inVirtualTime({ concurrency: 2 });
    await runBulk(
      ['a', 'b', 'c', 'd'],
      async (item, { attempt }) => {
        began.push([`${item}${attempt}`, nowMs()]);
        if (item === 'a' && attempt === 1) throw passing(60_000);
        await new Promise(setImmediate);
      },
      parts,
    );
    expect(began.slice(0, 2).map(([name]) => name)).toEqual(['a1', 'b1']);
    const later = began.slice(2);
    expect(later.map(([name]) => name).sort()).toEqual(['a2', 'c1', 'd1']);
    for (const [, atMs] of later) expect(atMs).toBeGreaterThanOrEqual(60_000);
  });

  it('waits for the longest of several that ask', async () => {
    const began: number[] = [];
    const { parts, nowMs } = inVirtualTime({ concurrency: 2 });
    await runBulk(
      [1000, 30_000],
      (askedMs, { attempt }) => {
        if (attempt === 1) throw passing(askedMs);
        began.push(nowMs());
      },
      parts,
    );
    expect(began.every((atMs) => atMs >= 30_000)).toBe(true);
  });

  it('doubles the wait where nothing was asked, and goes on with the others meanwhile', async () => {
    const { parts, waits } = inVirtualTime({ retry: { most: 3, baseMs: 100 } });
    const [failed, fine] = await runBulk(
      ['x', 'y'],
      (item) => {
        if (item === 'x') throw passing();
      },
      parts,
    );
    expect([failed?.tries, fine?.ok, waits]).toEqual([4, true, [50, 100, 200]]);
  });

  it('stops when it is aborted: what is under way hears of it, what was not begun says so', async () => {
    const abort = new AbortController();
    const reason = new Error('shutting down');
    const results = bulk(
      [1, 2, 3],
      async (item, { signal }) => {
        if (item === 1) return 'done';
        queueMicrotask(() => abort.abort(reason));
        await once(signal, 'abort');
        throw signal.reason;
      },
      { concurrency: 1, signal: abort.signal },
    );
    expect(await results).toEqual([
      { item: 1, ok: true, value: 'done', tries: 1 },
      { item: 2, ok: false, error: reason, tries: 1 },
      { item: 3, ok: false, error: reason, tries: 0 },
    ]);
    expect(await bulk([1], () => 'x', { signal: abort.signal })).toEqual([
      { item: 1, ok: false, error: reason, tries: 0 },
    ]);
  });

  it('stops in a pause at once, with the error that was waited for', async () => {
    const abort = new AbortController();
    const error = passing(200_000);
    const results = await bulk(
      [1, 2],
      () => {
        setImmediate(() => abort.abort());
        throw error;
      },
      { concurrency: 1, signal: abort.signal },
    );
    expect(results.map(({ tries }) => tries)).toEqual([1, 0]);
    expect(results[0]).toMatchObject({ error });
  });

  it('begins no more once its very first work has aborted it', async () => {
    const abort = new AbortController();
    const results = await bulk([1, 2, 3], () => abort.abort(), { signal: abort.signal });
    expect(results.map(({ tries }) => tries)).toEqual([1, 0, 0]);
  });

  it('stops at the first that fails for good where that is asked for, and not for what passes', async () => {
    const errors = [passing(), provider('polling'), provider('permanent'), passing()];
    const { parts } = inVirtualTime({ concurrency: 1, stopOnPermanent: true, retry: { most: 0 } });
    const results = await runBulk(
      errors,
      (error) => {
        throw error;
      },
      parts,
    );
    expect(results.map(({ tries }) => tries)).toEqual([1, 1, 1, 0]);
    const { error } = results[3] as { error: unknown };
    expect(error).toBeInstanceOf(BulkStoppedError);
    expect((error as Error).cause).toBe(errors[2]);
  });

  it('tells its progress', async () => {
    const told: BulkProgress[] = [];
    const { parts } = inVirtualTime({ concurrency: 1, onProgress: (progress) => told.push(progress) });
    await runBulk(
      ['a', 'b', 'c'],
      (item, { attempt }) => {
        if (item === 'b') throw new Error('mistake');
        if (item === 'c' && attempt === 1) throw passing(4000);
      },
      parts,
    );
    expect(told.map(({ done, failed, retried, pausedMs }) => [done, failed, retried, pausedMs])).toEqual([
      [1, 0, 0, 0],
      [1, 1, 0, 0],
      [1, 1, 1, 4000],
      [2, 1, 1, 0],
    ]);
    expect(told[0]).toMatchObject({ total: 3, perSecond: 1, etaMs: 2000 });
    expect(told.at(-1)).toMatchObject({ etaMs: 0, perSecond: 0.75 });
  });

  it('goes on when a hook of the caller throws', async () => {
    const warned = once(process, 'warning');
    const onProgress = (): void => {
      throw new Error('of the progress bar');
    };
    const results = await bulk([1, 2], (item) => item, { onProgress });
    expect(results.map(({ ok }) => ok)).toEqual([true, true]);
    expect(String((await warned)[0])).toContain('onProgress of bulk threw');
    const when = (): boolean => {
      throw new Error('of when');
    };
    const failing = (): never => {
      throw passing();
    };
    expect(await bulk([1], failing, { retry: { when } })).toMatchObject([{ ok: false, error: { message: 'of when' } }]);
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses a concurrency of %d', async (concurrency) => {
    await expect(bulk([1], () => 1, { concurrency })).rejects.toThrow(TypeError);
  });

  it('sends each of many documents once through a provider that limits, and waits as it is told', async () => {
    const sent: string[] = [];
    let refused = 0;
    const { client } = await startEgress(async ({ headers, body }) => {
      await body();
      if (refused < 2 && sent.length === 10) {
        refused += 1;
        return { problem: 'budget_exhausted', status: 429, retryAfterSeconds: 1 };
      }
      sent.push(String(headers['idempotency-key']));
      return { json: { transaction_id: 't', status: 'pending' } };
    });
    const goroute = client.goroute(connectionId);
    const ids = Array.from({ length: 40 }, (_, index) => `INV-${index}`);
    const startedAtMs = performance.now();
    const results = await bulk(ids, (id, { signal }) => goroute.send({ id, document: '<a/>' }, { signal }), {
      concurrency: 4,
    });
    expect(results.every(({ ok }) => ok)).toBe(true);
    expect(sent.toSorted()).toEqual(ids.toSorted());
    expect(refused).toBe(2);
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(999);
  });
});

describe('the decision to try again', () => {
  it.each([
    ['passes', passing(), true],
    ['may have been done', inDoubt, false],
    ['is refused for good', provider('permanent'), false],
    ['passes, but not by asking', provider('polling'), false],
    ['is a mistake', new TypeError('x'), false],
    ['is nothing', undefined, false],
    ['asks for longer than is waited', passing(300_001), false],
  ])('after what %s', (_, error, retry) => {
    expect(decideBulkRetry({ error, tries: 1, random: 0 }, {}).retry).toBe(retry);
  });

  it('is yours where your work looks first whether it was done', () => {
    const when = (error: unknown): boolean => error instanceof PosthornError && error.retryable;
    expect(decideBulkRetry({ error: inDoubt, tries: 1, random: 0 }, { when }).retry).toBe(true);
  });

  it('never waits for less than was asked, nor for longer than the most, nor tries more often than it may', () => {
    const number = (max: number) => fc.integer({ min: 0, max });
    fc.assert(
      fc.property(
        fc.option(number(400_000)),
        number(50),
        number(10),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (askedMs, tries, most, random) => {
          const verdict = decideBulkRetry({ error: passing(askedMs), tries: tries + 1, random }, { most });
          if (tries >= most || (askedMs ?? 0) > 300_000) {
            expect(verdict).toEqual({ retry: false });
            return;
          }
          if (!verdict.retry) throw new Error('not tried again');
          expect(verdict.waitMs).toBeGreaterThanOrEqual(Math.max(askedMs ?? 0, 250));
          expect(verdict.waitMs).toBeLessThanOrEqual(300_000);
          expect(verdict.pauses).toBe(askedMs !== null);
        },
      ),
    );
  });

  it('knows what stays from what passes', () => {
    const errors = [passing(), inDoubt, provider('polling'), provider('permanent'), new TypeError('x'), null];
    expect(errors.map(isPermanent)).toEqual([false, false, false, true, true, true]);
  });
});

describe('the rate', () => {
  it('is that of the last ten seconds, as counted one by one, and keeps no more than them', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 200 });
    fc.assert(
      fc.property(gaps, (times) => {
        let ended: Ended = [];
        let nowMs = 0;
        const all: number[] = [];
        for (const gap of times) {
          nowMs += gap;
          all.push(nowMs);
          ended = addEnded(ended, nowMs);
        }
        expect(ended.length).toBeLessThanOrEqual(10);
        const fromMs = (Math.floor(nowMs / 1000) - 9) * 1000;
        const count = all.filter((atMs) => atMs >= fromMs).length;
        const spanMs = Math.max(1000, nowMs - Math.max(0, fromMs));
        const { perSecond } = rateOf(ended, { startedAtMs: 0, nowMs, left: 1 });
        expect(perSecond).toBeCloseTo(count / (spanMs / 1000), 9);
      }),
    );
  });

  it('gives no time for the rest while nothing ends', () => {
    const ended = addEnded([], 0);
    expect(rateOf(ended, { startedAtMs: 0, nowMs: 2000, left: 3 })).toEqual({ perSecond: 0.5, etaMs: 6000 });
    expect(rateOf(ended, { startedAtMs: 0, nowMs: 60_000, left: 3 })).toEqual({ perSecond: 0, etaMs: null });
  });
});
