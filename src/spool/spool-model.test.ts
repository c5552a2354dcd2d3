import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesOnDisk, openForTest, temporaryFolder } from '../../tests/spool/spool-fixtures.ts';
import type { SpoolRecord } from './spool.ts';

type Step =
  | { do: 'append'; heads: string[]; bodies: Buffer[] }
  | { do: 'peek'; mostRecords: number; mostBytes: number }
  | { do: 'remove'; share: number }
  | { do: 'reopen' };

const body = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
const step = fc.oneof<fc.Arbitrary<Step>[]>(
  fc.record({
    do: fc.constant('append' as const),
    heads: fc.array(fc.json({ maxDepth: 1 }), { minLength: 8, maxLength: 8 }),
    bodies: fc.array(body, { minLength: 1, maxLength: 8 }),
  }),
  fc.record({
    do: fc.constant('peek' as const),
    mostRecords: fc.integer({ min: 0, max: 12 }),
    mostBytes: fc.integer({ min: 1, max: 2_000 }),
  }),
  fc.record({ do: fc.constant('remove' as const), share: fc.constantFrom(0, 0.3, 0.7, 1) }),
  fc.record({ do: fc.constant('reopen' as const) }),
);

const maxBytes = 6_000;

test('whatever is done to it, a spool is a queue: a list of what it accepted, without what was removed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      const folder = await temporaryFolder();
      let nowMs = 0;
      const options = { maxBytes, segmentBytes: 1_000, clock: { now: () => (nowMs += 1) } };
      let spool = await openForTest(folder, options);
      let model: SpoolRecord[] = [];
      let shown = 0;
      for (const given of steps) {
        if (given.do === 'append') {
          const records = given.bodies.map((bytes, index) => ({ head: given.heads[index] ?? '', body: bytes }));
          const firstAtMs = nowMs + 1;
          const outcomes = await Promise.allSettled(records.map((record) => spool.append(record)));
          const kept = records.filter((_, index) => outcomes[index]?.status === 'fulfilled');
          if (kept.length < records.length) expect(spool.state().bytes).toBeGreaterThan(maxBytes / 2);
          model.push(...kept.map((record, index) => ({ ...record, appendedAtMs: firstAtMs + index })));
        } else if (given.do === 'peek') {
          const expected = prefix(model, given.mostRecords, given.mostBytes);
          expect(await spool.peek(given.mostRecords, given.mostBytes)).toEqual(expected);
          shown = Math.max(shown, expected.length);
        } else if (given.do === 'remove') {
          const count = Math.floor(given.share * shown);
          await spool.remove(count);
          model = model.slice(count);
          shown -= count;
        } else {
          await spool.close();
          spool = await openForTest(folder, options);
          shown = 0;
        }
        const bytes = await bytesOnDisk(folder);
        expect(bytes).toBeLessThanOrEqual(maxBytes);
        const oldestAtMs = model[0]?.appendedAtMs ?? null;
        expect(spool.state()).toEqual({ records: model.length, bytes, maxBytes, oldestAtMs, failing: false });
      }
      expect(await spool.peek(1_000, 1_000_000)).toEqual(model);
      await spool.remove(model.length);
      expect(spool.state()).toMatchObject({ records: 0, bytes: 0 });
      expect(spool.reports).toEqual([]);
      await spool.close();
    }),
    { numRuns: 60 },
  );
});

/** So many records, and no more bytes than allowed but for one record. */
function prefix(records: SpoolRecord[], mostRecords: number, mostBytes: number): SpoolRecord[] {
  let bytes = 0;
  const within = records.findIndex(({ head, body: content }, index) => {
    bytes += head.length + content.length;
    return index > 0 && bytes > mostBytes;
  });
  return records.slice(0, Math.min(mostRecords, within < 0 ? records.length : within));
}
