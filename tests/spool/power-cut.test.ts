import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { createRandom } from '../simulation/random.ts';
import { numbersOf, range, recordOf } from './records.ts';
import { watchDisk } from './power-cut.ts';
import { allNumbers, openForTest, temporaryFolder } from './spool-fixtures.ts';

type Cut = { image: string; appended: number[]; removing: number; removed: number; started: number };

test.skipIf(process.platform !== 'linux')(
  'whenever the power goes, what was acknowledged is on disk, and what was removed stays away',
  async () => {
    const folder = await temporaryFolder();
    const images = await temporaryFolder();
    const disk = await watchDisk(folder);
    onTestFinished(() => disk.stop());
    const spool = await openForTest(folder, { segmentBytes: 8_000 });
    const random = createRandom(1);
    const cuts: Cut[] = [];
    const appended: number[] = [];
    let [started, removing, removed] = [0, -1, -1];
    const cut = (): void => {
      if (random.chance(0.9)) return;
      cuts.push({ image: disk.cut(images, random), appended: [...appended], removing, removed, started });
    };

    const append = async (): Promise<void> => {
      while (started < 1_000) {
        const n = started;
        started += 1;
        await spool.append(recordOf(n, (n * 7919) % 1500));
        appended.push(n);
        cut();
      }
    };
    const drain = async (): Promise<void> => {
      while (appended.length < 1_000) {
        const numbers = numbersOf(await spool.peek(random.whole(1, 15), 1_000_000));
        removing = numbers.at(-1) ?? removing;
        const done = spool.remove(numbers.length);
        cut();
        await done;
        removed = removing;
        cut();
        await nextTurn();
      }
    };
    await Promise.all([...range(0, 8).map(append), drain()]);

    expect(cuts.length).toBeGreaterThan(50);
    for (const { image, ...known } of cuts) {
      const after = await openForTest(image);
      const numbers = await allNumbers(after);
      expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
      expect(known.appended.filter((n) => n > known.removing && !numbers.includes(n))).toEqual([]);
      expect(numbers.filter((n) => n <= known.removed || n >= known.started)).toEqual([]);
      expect(after.reports.filter(({ message }) => message.includes('missing'))).toEqual([]);
      await after.close();
    }
  },
);
