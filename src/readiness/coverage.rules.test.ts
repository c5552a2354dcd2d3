import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CheckDefinition, ChecksAndLists } from './check-definition.ts';
import { coverageOf } from './coverage.rules.ts';
import { loadCatalogue } from './load-catalogue.ts';

const catalogue = loadCatalogue();
const checks = [...catalogue.checks.values()];

const locked: CheckDefinition = {
  id: 'door.locked',
  title: 'The door is locked',
  section: 'security',
  subject: 'gateway',
  severity: 'blocker',
  kind: 'automatic',
  evidence: 'Pulls the handle. Passes when it holds.',
  ttlSeconds: 86_400,
  brokenBy: 'Somebody unlocks it.',
  remedy: 'Lock it.',
};
const known: CheckDefinition = { ...locked, id: 'door.key.known', kind: 'attested', brokenBy: null };
const item = { ref: '1', says: 'It is safe', phase: 'prepare' as const, checks: [locked.id, known.id] };
const small: ChecksAndLists = {
  checks: new Map([locked, known].map((each) => [each.id, each])),
  checklists: new Map([['house', { id: 'house', title: 'A house', signoffs: ['security'], items: [item] }]]),
};

describe('coverage', () => {
  test('lets an item wait for what is not shipped, with the reason, and a person decide the rest', () => {
    const [before] = coverageOf(small, { shipped: new Set(), waiting: new Map([['door.locked', 'locks come later']]) });
    expect(before).toMatchObject({ items: 1, decided: 0, attested: 0, waiting: 1, withoutPeople: 0 });
    expect(before?.reasons).toEqual([{ reason: 'locks come later', items: 1, checks: ['door.locked'] }]);
    const drill: ChecksAndLists = { ...small, checks: new Map([[locked.id, { ...locked, kind: 'drill' }]]) };
    for (const [unexplained, reason] of [
      [small, 'nothing measures it yet'],
      [drill, 'its drill does not exist yet'],
    ] as const) {
      const [list] = coverageOf(unexplained, { shipped: new Set([known.id]), waiting: new Map() });
      expect(list?.reasons.map((each) => each.reason)).toEqual([reason]);
    }
    const [after] = coverageOf(small, { shipped: new Set(['door.locked']), waiting: new Map() });
    expect(after).toMatchObject({ decided: 0, attested: 1, waiting: 0, reasons: [] });
  });

  const anyShipped = fc.subarray(checks.map(({ id }) => id)).map((ids) => new Set(ids));
  test('adds up, and calls nothing decided that has a check which is not shipped or a person in it', () => {
    fc.assert(
      fc.property(anyShipped, (shipped) => {
        for (const list of coverageOf(catalogue, { shipped, waiting: new Map() })) {
          expect(list.decided + list.attested + list.waiting).toBe(list.items);
          for (const { ref, state, waitingFor } of list.details) {
            const named = catalogue.checklists.get(list.id)?.items.find((item) => item.ref === ref)?.checks ?? [];
            const kinds = named.map((id) => catalogue.checks.get(id)?.kind);
            const open = named.filter((id, index) => kinds[index] !== 'attested' && !shipped.has(id));
            expect(waitingFor.map(({ checkId }) => checkId)).toEqual(open);
            const rest = kinds.includes('attested') ? 'attested' : 'decided';
            expect(state).toBe(open.length > 0 ? 'waiting' : rest);
          }
        }
      }),
      { numRuns: 30 },
    );
  });
});
