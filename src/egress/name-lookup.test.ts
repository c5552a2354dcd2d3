import { afterEach, describe, expect, it, vi } from 'vitest';
import { createNameLookup } from './name-lookup.ts';

function controlled(timeoutMs = 5000) {
  const asked: { name: string; answer: PromiseWithResolvers<string[]> }[] = [];
  let now = 0;
  const lookUp = createNameLookup({
    timeoutMs,
    nowMs: () => now,
    resolver: (name) => {
      const answer = Promise.withResolvers<string[]>();
      asked.push({ name, answer });
      return answer.promise;
    },
  });
  return { lookUp, asked, names: () => asked.map(({ name }) => name), pass: (ms: number) => (now += ms) };
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

afterEach(() => {
  vi.useRealTimers();
});

describe('looking names up', () => {
  it('asks once for callers that come together, and again afterwards', async () => {
    const { lookUp, asked } = controlled();
    const both = Promise.all([lookUp('a.test'), lookUp('a.test')]);
    await settled();
    expect(asked).toHaveLength(1);
    asked[0]!.answer.resolve(['1.1.1.1']);
    expect(await both).toEqual([['1.1.1.1'], ['1.1.1.1']]);
    const again = lookUp('a.test');
    await settled();
    expect(asked).toHaveLength(2);
    asked[1]!.answer.resolve(['1.1.1.2']);
    expect(await again).toEqual(['1.1.1.2']);
  });

  it('fails as dns when the resolver fails, has nothing or hangs', async () => {
    const { lookUp, asked } = controlled(20);
    const failing = lookUp('fails.test');
    const without = lookUp('empty.test');
    await settled();
    asked[0]!.answer.reject(Object.assign(new Error('secret detail'), { code: 'ENOTFOUND' }));
    asked[1]!.answer.resolve([]);
    await expect(failing).rejects.toMatchObject({ error: 'dns', message: 'looking up fails.test failed (ENOTFOUND)' });
    await expect(without).rejects.toMatchObject({ error: 'dns', message: 'empty.test has no address' });
    await expect(lookUp('hangs.test')).rejects.toMatchObject({
      error: 'dns',
      message: 'looking up hangs.test took longer than 20 ms',
    });
  });

  it('joins a lookup that hangs instead of starting another', async () => {
    const { lookUp, asked } = controlled(10);
    await expect(lookUp('hangs.test')).rejects.toMatchObject({ error: 'dns' });
    await expect(lookUp('hangs.test')).rejects.toMatchObject({ error: 'dns' });
    expect(asked).toHaveLength(1);
  });

  it('holds no more than three lookups at once', async () => {
    const { lookUp, asked, names } = controlled();
    const all = ['a', 'b', 'c', 'd'].map((name) => lookUp(name));
    await settled();
    expect(names()).toEqual(['a', 'b', 'c']);
    asked[1]!.answer.resolve(['1.1.1.1']);
    await settled();
    expect(names()).toEqual(['a', 'b', 'c', 'd']);
    for (const { answer } of asked) answer.resolve(['1.1.1.1']);
    await Promise.all(all);
  });

  it('lets names that were slow wait for one another and for nobody else', async () => {
    vi.useFakeTimers();
    const { lookUp, asked, names, pass } = controlled(1200);
    const slow = ['slow1', 'slow2', 'slow3'];
    const timedOut = Promise.all(slow.map((name) => expect(lookUp(name)).rejects.toMatchObject({ error: 'dns' })));
    await vi.advanceTimersByTimeAsync(1200);
    await timedOut;
    pass(1200);
    for (const { answer } of asked) answer.resolve(['1.1.1.1']);
    await settled();
    const again = slow.map((name) => lookUp(name));
    const others = ['quick1', 'quick2', 'quick3'].map((name) => lookUp(name));
    await settled();
    expect(names().slice(3)).toEqual(['slow1', 'quick1', 'quick2', 'quick3']);
    for (const { answer } of asked) answer.resolve(['1.1.1.1']);
    expect(await Promise.all(others)).toHaveLength(3);
    await settled();
    for (const { answer } of asked) answer.resolve(['1.1.1.1']);
    await settled();
    for (const { answer } of asked) answer.resolve(['1.1.1.1']);
    expect(await Promise.all(again)).toHaveLength(3);
  });
});
