import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BodyBudget } from './body-budget.ts';

const limits = { totalBytes: 100, ownerBytes: 60 };
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

type State = 'waiting' | 'granted' | 'withdrawn';

/** Asks, and keeps what has become of it. */
function ask(budget: BodyBudget, owner: string, bytes: number) {
  const room = budget.open(owner);
  const asked = {
    owner,
    bytes: 0,
    state: 'waiting' as State,
    grow(more: number): void {
      asked.state = 'waiting';
      void room.grow(more).then((granted) => {
        asked.state = granted ? 'granted' : 'withdrawn';
        if (granted) asked.bytes += more;
      });
    },
    release: () => room.release(),
  };
  asked.grow(bytes);
  return asked;
}

describe('room for large bodies', () => {
  test('is given while there is some, and then in the order of asking', async () => {
    const budget = new BodyBudget(limits);
    const [a, b, c, d] = [
      ask(budget, 'a', 50),
      ask(budget, 'b', 50),
      ask(budget, 'c', 40),
      ask(budget, 'd', 1),
    ] as const;
    await turn();
    expect([a, b, c, d].map(({ state }) => state)).toEqual(['granted', 'granted', 'waiting', 'waiting']);
    a.release();
    await turn();
    expect([c, d].map(({ state }) => state)).toEqual(['granted', 'granted']);
    expect(budget.used).toBe(91);
  });

  test('a small one does not get ahead of a large one that waits for room', async () => {
    const budget = new BodyBudget(limits);
    const held = [ask(budget, 'a', 50), ask(budget, 'b', 30)] as const;
    const large = ask(budget, 'c', 60);
    const small = ask(budget, 'd', 10);
    await turn();
    expect([large.state, small.state]).toEqual(['waiting', 'waiting']);
    held[0].release();
    await turn();
    expect([large.state, small.state]).toEqual(['granted', 'granted']);
  });

  test('one owner leaves some of it to the others, and who is behind them is let past', async () => {
    const budget = new BodyBudget(limits);
    const first = ask(budget, 'greedy', 60);
    const second = ask(budget, 'greedy', 10);
    const other = ask(budget, 'modest', 30);
    await turn();
    expect([first.state, second.state, other.state]).toEqual(['granted', 'waiting', 'granted']);
    first.release();
    await turn();
    expect(second.state).toBe('granted');
  });

  test('more than there is is given to one alone', async () => {
    const budget = new BodyBudget(limits);
    const small = ask(budget, 'a', 1);
    const huge = ask(budget, 'b', 500);
    const after = ask(budget, 'c', 1);
    await turn();
    expect([huge.state, after.state]).toEqual(['waiting', 'waiting']);
    small.release();
    await turn();
    expect([huge.state, after.state]).toEqual(['granted', 'waiting']);
    huge.release();
    await turn();
    expect(after.state).toBe('granted');
  });

  test('who withdraws leaves the line, and lets those behind through', async () => {
    const budget = new BodyBudget(limits);
    ask(budget, 'a', 60);
    const large = ask(budget, 'b', 50);
    const behind = ask(budget, 'c', 40);
    await turn();
    expect(behind.state).toBe('waiting');
    large.release();
    large.release();
    await turn();
    expect([large.state, behind.state]).toEqual(['withdrawn', 'granted']);
    expect(budget.used).toBe(100);
  });

  test('room is given back once, however often that is said', async () => {
    const budget = new BodyBudget(limits);
    const a = ask(budget, 'a', 60);
    await turn();
    a.release();
    a.release();
    expect(budget.used).toBe(0);
  });

  test('who holds some and needs more comes before who comes anew', async () => {
    const budget = new BodyBudget(limits);
    const [growing, other, held] = [ask(budget, 'a', 10), ask(budget, 'b', 40), ask(budget, 'c', 50)];
    const coming = ask(budget, 'd', 30);
    await turn();
    other.grow(1);
    growing.grow(40);
    await turn();
    expect([other.state, growing.state, coming.state]).toEqual(['granted', 'waiting', 'waiting']);
    held.release();
    await turn();
    expect([growing.state, coming.state]).toEqual(['granted', 'waiting']);
  });

  test('of those who wait for each other one gets all it needs, and the next when that one has ended', async () => {
    const budget = new BodyBudget(limits);
    const [one, two] = [ask(budget, 'a', 50), ask(budget, 'b', 50)];
    await turn();
    one.grow(60);
    two.grow(60);
    await turn();
    expect([one.state, two.state]).toEqual(['granted', 'waiting']);
    one.grow(60);
    await turn();
    expect([one.state, budget.used]).toEqual(['granted', 220]);
    one.release();
    await turn();
    expect([two.state, budget.used]).toEqual(['granted', 110]);
    two.release();
    expect(budget.used).toBe(0);
  });

  test('after it was given back nothing is given', async () => {
    const budget = new BodyBudget(limits);
    const room = budget.open('a');
    room.release();
    expect(await room.grow(1)).toBe(false);
    expect(budget.used).toBe(0);
  });

  test('whatever is asked and given back: bounds hold, all get their turn, and nothing is left over', async () => {
    const most = 120;
    const bytes = fc.integer({ min: 1, max: most });
    const steps = fc.array(
      fc.oneof(
        fc.record({ owner: fc.constantFrom('a', 'b', 'c'), bytes }),
        fc.record({ grow: fc.nat(), bytes }),
        fc.record({ release: fc.nat() }),
      ),
      { maxLength: 60 },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const budget = new BodyBudget(limits);
        const all: ReturnType<typeof ask>[] = [];
        const letGo = (each: ReturnType<typeof ask>): void => {
          each.release();
          all.splice(all.indexOf(each), 1);
        };
        for (const step of script) {
          if ('owner' in step) all.push(ask(budget, step.owner, step.bytes));
          else if ('grow' in step) {
            const held = all.filter(({ state }) => state === 'granted');
            const each = held[step.grow % Math.max(1, held.length)];
            // A body has an end.
            if (each !== undefined && each.bytes + step.bytes <= most) each.grow(step.bytes);
          } else if (all.length > 0) letGo(all[step.release % all.length] as ReturnType<typeof ask>);
          await turn();
          expect(budget.used).toBe(all.reduce((sum, each) => sum + each.bytes, 0));
          expect(budget.used).toBeLessThanOrEqual(limits.totalBytes + most);
          if (all.length > 0) expect(all.map(({ state }) => state)).toContain('granted');
        }
        while (all.length > 0) {
          letGo(all.find(({ state }) => state === 'granted') as ReturnType<typeof ask>);
          await turn();
        }
        expect(budget.used).toBe(0);
      }),
    );
  });
});
