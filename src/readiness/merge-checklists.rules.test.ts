import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sections } from './catalogue/sections.rules.ts';
import type { CheckDefinition } from './check-definition.ts';
import { loadCatalogue } from './load-catalogue.ts';
import { mergeChecklists } from './merge-checklists.rules.ts';

const catalogue = loadCatalogue();
const anyChecklists = fc.uniqueArray(fc.constantFrom(...catalogue.checklists.keys()), { minLength: 1 });

describe('merging checklists', () => {
  test('has every check once, in the order of severity and section, with all items it decides', () => {
    fc.assert(
      fc.property(anyChecklists, (ids) => {
        const { checks: merged, signoffs } = mergeChecklists(catalogue, ids);
        const pairs = merged.flatMap(({ check, items }) =>
          items.map((item) => `${check.id} ${item.checklistId} ${item.ref}`),
        );
        const lists = ids.flatMap((id) => catalogue.checklists.get(id) ?? []);
        const wanted = lists.flatMap((list) =>
          list.items.flatMap((item) => item.checks.map((checkId) => `${checkId} ${list.id} ${item.ref}`)),
        );
        expect([...pairs].sort()).toEqual(wanted.sort());
        expect(new Set(merged.map(({ check }) => check.id)).size).toBe(merged.length);
        const place = ({ check }: { check: CheckDefinition }): number =>
          ['blocker', 'major', 'minor'].indexOf(check.severity) * 100 + sections.indexOf(check.section as 'security');
        expect(merged.map(place)).toEqual(merged.map(place).sort((a, b) => a - b));
        expect(new Set(signoffs)).toEqual(new Set(lists.flatMap((list) => list.signoffs)));
        expect(signoffs).toHaveLength(new Set(signoffs).size);
      }),
      { numRuns: 30 },
    );
  });

  test('takes a checklist that is named twice once, and none that is not there', () => {
    const once = mergeChecklists(catalogue, ['docusign-go-live']);
    expect(mergeChecklists(catalogue, ['docusign-go-live', 'docusign-go-live'])).toEqual(once);
    expect(() => mergeChecklists(catalogue, ['nothing'])).toThrow(/no checklist "nothing".*docusign-go-live/);
  });
});
