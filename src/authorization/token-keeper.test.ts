import { expect, it } from 'vitest';
import { CredentialError } from './authorizer.ts';
import { createTokenKeeper, type Token } from './token-keeper.ts';
import { tokenLife } from './token-life.rules.ts';

/** A keeper whose fetches the test ends one by one. */
function keep() {
  const clock = { at: 1_000_000, now: () => clock.at };
  const fetches: PromiseWithResolvers<Token>[] = [];
  const errors: CredentialError[] = [];
  const keeper = createTokenKeeper({
    clock,
    fetch: () => {
      const fetch = Promise.withResolvers<Token>();
      fetches.push(fetch);
      return fetch.promise;
    },
    onError: (error) => errors.push(error),
  });
  const give = (index: number, token: string, expiresIn = 3_600): void =>
    fetches[index]?.resolve({ token, baseUrl: null, life: tokenLife(expiresIn, clock.at) });
  const fail = (index: number, error: CredentialError): void => fetches[index]?.reject(error);
  const get = async (): Promise<string> => (await keeper.get()).token;
  return { clock, keeper, fetches, errors, give, fail, get };
}

const dead = new CredentialError('unreachable', 'the server is gone');

it('asks once for any number of callers, and answers at once from then on', async () => {
  const { keeper, fetches, give, get } = keep();
  const waiting = Array.from({ length: 100 }, get);
  give(0, 'one');
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(['one']));
  expect(keeper.get()).toMatchObject({ token: 'one' });
  expect(fetches).toHaveLength(1);
});

it('renews beside the calls that still use the old token, once', async () => {
  const { clock, keeper, fetches, give, get } = keep();
  const first = get();
  give(0, 'one');
  await first;
  clock.at += 3_539_000;
  expect(keeper.get()).toMatchObject({ token: 'one' });
  expect(fetches).toHaveLength(1);
  clock.at += 1_000;
  for (let count = 0; count < 10; count += 1) expect(keeper.get()).toMatchObject({ token: 'one' });
  expect(fetches).toHaveLength(2);
  give(1, 'two');
  await fetches[1]?.promise;
  expect(await get()).toBe('two');
  expect(fetches).toHaveLength(2);
});

it('waits for a renewal that is under way when the old token ends', async () => {
  const { clock, fetches, give, get } = keep();
  const first = get();
  give(0, 'one');
  await first;
  clock.at += 3_545_000;
  await get();
  clock.at += 45_000;
  const late = get();
  give(1, 'two');
  expect(await late).toBe('two');
  expect(fetches).toHaveLength(2);
});

it('uses the old token when renewing fails, tells of it, and asks again after a growing while', async () => {
  const { clock, keeper, fetches, errors, give, fail, get } = keep();
  const first = get();
  give(0, 'one');
  await first;
  clock.at += 3_541_000;
  await get();
  fail(1, dead);
  await expect.poll(() => errors.length).toBe(1);
  expect(keeper.get()).toMatchObject({ token: 'one' });
  expect(fetches).toHaveLength(2);
  clock.at += 1_000;
  expect(keeper.get()).toMatchObject({ token: 'one' });
  expect(fetches).toHaveLength(3);
});

it('remembers a failure: the dead are asked once, then after 1, 2, 4 seconds, and callers hear how long', async () => {
  const { clock, keeper, fetches, fail, get } = keep();
  for (const [round, waitMs] of [1_000, 2_000, 4_000].entries()) {
    const waiting = Array.from({ length: 20 }, get);
    fail(round, dead);
    for (const each of await Promise.allSettled(waiting)) {
      expect(each).toMatchObject({ reason: { code: 'unreachable', retryAfterMs: waitMs } });
    }
    clock.at += waitMs - 400;
    expect(() => keeper.get()).toThrow(expect.objectContaining({ message: dead.message, retryAfterMs: 400 }));
    expect(fetches).toHaveLength(round + 1);
    clock.at += 400;
  }
});

it('forgets failures with the next success', async () => {
  const { clock, keeper, fail, give, get } = keep();
  const first = get();
  fail(0, dead);
  await expect(first).rejects.toThrow(dead.message);
  clock.at += 1_000;
  const second = get();
  give(1, 'one', 10);
  await second;
  clock.at += 9_500;
  const third = get();
  fail(2, dead);
  await expect(third).rejects.toMatchObject({ retryAfterMs: 1_000 });
  expect(() => keeper.get()).toThrow(dead.message);
});

it('asks for consent again only after half a minute, and heeds what the server says', async () => {
  const { clock, fail, get } = keep();
  const first = get();
  fail(0, new CredentialError('consent_required', 'consent'));
  await expect(first).rejects.toMatchObject({ code: 'consent_required', retryAfterMs: 30_000 });
  clock.at += 30_000;
  const second = get();
  fail(1, new CredentialError('unreachable', 'busy', { retryAfterMs: 70_000 }));
  await expect(second).rejects.toMatchObject({ retryAfterMs: 70_000 });
});

it('replaces a refused token once, however many calls were refused with it', async () => {
  const { keeper, fetches, give, get } = keep();
  const first = get();
  give(0, 'one');
  await first;
  expect(keeper.refused('one')).toBe(true);
  const waiting = [get(), get()];
  expect(keeper.refused('one')).toBe(true);
  give(1, 'two');
  expect(await Promise.all(waiting)).toEqual(['two', 'two']);
  expect(keeper.refused('one')).toBe(true);
  expect(await get()).toBe('two');
  expect(fetches).toHaveLength(2);
});

it('gives up on a token that replaced a refused one and is refused too, until some time has passed', async () => {
  const { clock, keeper, fetches, give, get } = keep();
  const first = get();
  give(0, 'one');
  await first;
  keeper.refused('one');
  const second = get();
  give(1, 'two');
  await second;
  expect(keeper.refused('two')).toBe(false);
  expect(await get()).toBe('two');
  expect(fetches).toHaveLength(2);
  clock.at += 30_000;
  expect(keeper.refused('two')).toBe(true);
});

it('shows nothing of an error that it does not know', async () => {
  const { fetches, get } = keep();
  const first = get();
  fetches[0]?.reject(new Error('PLANTED'));
  await expect(first).rejects.toSatisfy(
    (error) => error instanceof CredentialError && !String(error).includes('PLANTED') && error.cause === undefined,
  );
});
