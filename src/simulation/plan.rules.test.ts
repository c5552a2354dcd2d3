import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Planned, plan, type PlanInput } from './plan.rules.ts';
import { parseScenario } from './scenario.rules.ts';
import { simulators } from './simulators.rules.ts';

const simulator = simulators.get('documenso')!;
const nowMs = Date.UTC(2026, 10, 1);
const steps = [
  { does: 'create' },
  { does: 'send', afterSeconds: 5 },
  { who: 'anna', does: 'open', afterSeconds: 90 },
  { who: 'anna', does: 'sign', afterSeconds: 60 },
];
const scenario = parseScenario(
  JSON.stringify({ provider: 'documenso', people: [{ key: 'anna' }], steps }),
  's',
  simulators,
);
const perLife = 6;

function planned(input: Partial<PlanInput> = {}): Planned[] {
  const usual: PlanInput = {
    simulator,
    scenarios: [scenario],
    seed: '1',
    nowMs,
    event: null,
    count: 1,
    burst: null,
    duplicateShare: 0,
    shuffleWindow: 0,
    flaws: { kinds: [], share: 1 },
    pdfSizeBytes: null,
  };
  return [...plan({ ...usual, ...input })];
}

const bytesOf = (all: readonly Planned[]): string[] =>
  all.map(({ notification, kind, duplicate, dueMs }) => {
    const stamp = { attempt: 1, nowMs, firstMs: nowMs, url: 'https://a.test/', secrets: ['s'], signatureHeader: null };
    return `${kind} ${duplicate} ${dueMs} ${notification.request(stamp).body.toString()}`;
  });

describe('a plan', () => {
  test('tells of the past: its last event happens now, and each is due when it happened', () => {
    const all = planned();
    expect(all.map(({ dueMs }) => dueMs)).toEqual([0, 5000, 95_000, 155_000, 155_000, 155_000]);
    expect(all.at(-1)?.notification.atMs).toBe(nowMs);
    expect(all.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('is the same for the same seed to the last byte, and another for another', () => {
    const odd = {
      count: 5,
      duplicateShare: 0.5,
      shuffleWindow: 4,
      flaws: { kinds: ['forged', 'tampered'] as const, share: 0.5 },
    };
    expect(bytesOf(planned(odd))).toEqual(bytesOf(planned(odd)));
    expect(bytesOf(planned({ ...odd, seed: '2' }))).not.toEqual(bytesOf(planned(odd)));
  });

  test('lets many documents of one account live side by side', () => {
    const all = planned({ count: 3 });
    expect(all).toHaveLength(3 * perLife);
    const subjects = all.map(({ notification }) => notification.subject);
    expect(new Set(subjects).size).toBe(3);
    expect(subjects.slice(0, 3)).toEqual([...new Set(subjects)]);
    expect(all.map(({ dueMs }) => dueMs)).toEqual(all.map(({ dueMs }) => dueMs).toSorted((one, other) => one - other));
    const owners = bytesOf(all).map((text) => /"userId":(\d+)/.exec(text)?.[1]);
    expect(new Set(owners).size).toBe(1);
  });

  test('counts one event when it is asked for one', () => {
    const all = planned({ event: 'DOCUMENT_OPENED', count: 4 });
    expect(all.map(({ notification }) => notification.event)).toEqual(new Array(4).fill('DOCUMENT_OPENED'));
    expect(new Set(all.map(({ notification }) => notification.subject)).size).toBe(4);
  });

  test('of scenarios that take long and short lets all of them end now, in the order of time', () => {
    const long = {
      ...scenario,
      steps: scenario.steps.map((step) => ({ ...step, afterSeconds: step.afterSeconds * 100 })),
    };
    const all = planned({ scenarios: [scenario, long], count: 2 });
    const times = all.map(({ notification }) => notification.atMs);
    expect(times).toEqual(times.toSorted((one, other) => one - other));
    const lives = [...Map.groupBy(all, ({ notification }) => notification.subject).values()];
    expect(lives.map((life) => nowMs - life.at(-1)!.notification.atMs)).toEqual([2000, 0, 3000, 1000]);
    expect(all.at(-1)!.dueMs - all[0]!.dueMs).toBe(15_502_000);
  });

  test('refuses an event that its scenarios never tell', () => {
    expect(() => planned({ event: 'TEMPLATE_USED' })).toThrow('never tells of TEMPLATE_USED');
  });

  test('of a burst has exactly so many, all due at once, each document in its order', () => {
    const all = planned({ burst: 100 });
    expect(all).toHaveLength(100);
    expect(new Set(all.map(({ dueMs }) => dueMs))).toEqual(new Set([0]));
    for (const told of Map.groupBy(all, ({ notification }) => notification.subject).values()) {
      const times = told.map(({ notification }) => notification.atMs);
      expect(times).toEqual(times.toSorted((one, other) => one - other));
    }
    expect(all.slice(0, perLife).map(({ notification }) => notification.subject)).not.toEqual(
      new Array(perLife).fill(all[0]?.notification.subject),
    );
  });

  test('of a large burst is made as it is taken', () => {
    const source = plan({
      simulator,
      scenarios: [scenario],
      seed: '1',
      nowMs,
      event: null,
      count: 1,
      burst: 1_000_000,
      duplicateShare: 0,
      shuffleWindow: 0,
      flaws: { kinds: [], share: 1 },
      pdfSizeBytes: null,
    });
    expect(source.next().value).toMatchObject({ index: 0 });
    source.return();
  });
});

describe('disorder', () => {
  const identity = ({ notification, duplicate }: Planned): string =>
    `${notification.subject} ${notification.event} ${duplicate}`;

  test('loses and invents nothing, and lets nobody further ahead than the window', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 8 }),
        (seed, window, count) => {
          const straight = planned({ seed, count }).map(identity);
          const mixed = planned({ seed, count, shuffleWindow: window });
          expect(mixed.map(identity).toSorted()).toEqual(straight.toSorted());
          for (const [place, each] of mixed.map(identity).entries()) {
            expect(straight.indexOf(each) - place).toBeLessThanOrEqual(window);
          }
          const dues = mixed.map(({ dueMs }) => dueMs);
          expect(dues).toEqual(dues.toSorted((one, other) => one - other));
        },
      ),
      { numRuns: 50 },
    );
  });

  test('happens', () => {
    const order = (shuffleWindow: number) => planned({ shuffleWindow, count: 5 }).map(identity);
    expect(order(5)).not.toEqual(order(0));
  });

  test('sends about the share twice that it should, after the first time', () => {
    const all = planned({ burst: 1000, duplicateShare: 0.2 });
    const again = all.filter(({ duplicate }) => duplicate);
    expect(all).toHaveLength(1000 + again.length);
    expect(again.length).toBeGreaterThan(150);
    expect(again.length).toBeLessThan(250);
    for (const { notification, index } of again) {
      const first = all.find((each) => each.notification === notification);
      expect(first?.index).toBeLessThan(index);
    }
    expect(planned({ duplicateShare: 1 })).toHaveLength(2 * perLife);
  });

  test('spoils the share that it should, with one thing each', () => {
    const kindsOf = (share: number) =>
      planned({ burst: 1000, flaws: { kinds: ['forged', 'stale'], share } }).map(({ kind }) => kind);
    expect(new Set(kindsOf(1))).toEqual(new Set(['forged', 'stale']));
    const half = kindsOf(0.5);
    expect(half.filter((kind) => kind === 'genuine').length).toBeGreaterThan(430);
    expect(half.filter((kind) => kind === 'forged').length).toBeGreaterThan(200);
    expect(half.filter((kind) => kind === 'stale').length).toBeGreaterThan(200);
  });
});
