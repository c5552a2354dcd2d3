import { expect, test } from 'vitest';
import { pageAt, tableRows } from '../../tests/docs/pages.ts';
import { builtInScenarios } from './scenarios.ts';
import { simulators } from './simulators.rules.ts';

const page = pageAt('docs/simulators.md');
const all = [...simulators.values()];

test('the page of the simulators tells every event as it is, and no other', () => {
  const events = all.flatMap((simulator) => simulator.events.map(({ name, description }) => [name, description]));
  expect(tableRows(page, 'event')).toEqual(events);
  const headings = [...page.text.matchAll(/^### (.*)$/gm)].map(([, heading]) => heading);
  expect(headings).toEqual(all.map(({ title }) => title));
});

test('and every scenario', async () => {
  const scenarios: string[][] = [];
  for (const simulator of all) {
    for (const { name, description } of await builtInScenarios(simulator)) {
      const usual = name === simulator.defaultScenario ? ' (the usual one)' : '';
      scenarios.push([simulator.name, name, description + usual]);
    }
  }
  expect(tableRows(page, 'of')).toEqual(scenarios);
});
