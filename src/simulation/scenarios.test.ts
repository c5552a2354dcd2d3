import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { scenarioSchema } from './scenario-schema.rules.ts';
import { builtInScenarios, findScenarios, rehearse } from './scenarios.ts';
import { simulators } from './simulators.rules.ts';

const documenso = simulators.get('documenso')!;

describe.each([...simulators.values()].map((simulator) => [simulator.name, simulator] as const))(
  '%s',
  (_name, simulator) => {
    test('has scenarios that can be played, its usual one first', async () => {
      const scenarios = await builtInScenarios(simulator);
      expect(scenarios[0]?.name).toBe(simulator.defaultScenario);
      for (const scenario of scenarios) expect(rehearse(simulator, scenario).length).toBeGreaterThan(0);
      expect(scenarios.filter(({ description }) => description === '')).toEqual([]);
    });

    test('tells each of its events in one of them, and no other', async () => {
      const told = (await builtInScenarios(simulator)).flatMap((scenario) => rehearse(simulator, scenario));
      expect(new Set(told)).toEqual(new Set(simulator.events.map(({ name }) => name)));
    });
  },
);

test('the names of the brief are there', async () => {
  const names = async (provider: string) => (await builtInScenarios(simulators.get(provider)!)).map(({ name }) => name);
  expect(await names('documenso')).toEqual(
    expect.arrayContaining([
      'one-signer-completes',
      'two-signers-sequential-one-rejects',
      'template-used',
      'expired-recipient',
    ]),
  );
  expect(await names('docusign')).toEqual(expect.arrayContaining(['envelope-voided', 'envelope-with-large-pdf']));
  expect(await names('goroute')).toEqual(expect.arrayContaining(['invoice-delivered', 'invoice-rejected']));
});

describe('what a user asks for', () => {
  function fileOf(text: string): string {
    const folder = mkdtempSync(join(tmpdir(), 'posthorn-scenario-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'mine.json');
    writeFileSync(path, text);
    return path;
  }

  test('is found by name, as all, or in a file', async () => {
    expect((await findScenarios(documenso, null)).map(({ name }) => name)).toEqual(['one-signer-completes']);
    expect((await findScenarios(documenso, 'cancelled')).map(({ name }) => name)).toEqual(['cancelled']);
    expect(await findScenarios(documenso, 'all')).toEqual(await builtInScenarios(documenso));
    const path = fileOf('{"provider": "documenso", "steps": [{"does": "create"}]}');
    expect(await findScenarios(documenso, path)).toMatchObject([
      { name: path, steps: [{ who: 'sender', does: 'create' }] },
    ]);
  });

  test.each([
    ['is unknown', async () => 'one-singer-completes', 'did you mean one-signer-completes?'],
    ['is not there', async () => '/absent/mine.json', '/absent/mine.json cannot be read (ENOENT)'],
    ['is no JSON', async () => fileOf('{'), 'mine.json: line 1 column 2 is not JSON'],
    [
      'is of another provider',
      async () => fileOf('{"provider": "stripe", "steps": [{"does": "charge.succeeded"}]}'),
      'is stripe',
    ],
    [
      'cannot happen',
      async () => fileOf('{"provider": "documenso", "steps": [{"does": "send"}]}'),
      'mine.json: steps[0] sends what is no draft',
    ],
  ])('and %s is refused', async (_what, asked, said) => {
    await expect(findScenarios(documenso, await asked())).rejects.toThrow(said);
  });
});

test('a schema for editors can be compiled in strict mode', () => {
  expect(() => new Ajv2020({ strict: true, allowUnionTypes: true }).compile(scenarioSchema(simulators))).not.toThrow();
});
