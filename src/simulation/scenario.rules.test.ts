import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseScenario } from './scenario.rules.ts';
import { ScenarioProblem } from './scenario-problem.rules.ts';
import { scenarioSchema } from './scenario-schema.rules.ts';
import { simulators } from './simulators.rules.ts';

const good = {
  provider: 'documenso',
  description: 'one signs',
  about: { title: 'Lease', signingOrder: 'PARALLEL', expiresAfterDays: 3 },
  people: [
    { key: 'anna', role: 'SIGNER' },
    { key: 'copy', role: 'CC', name: 'Archive', email: 'a@example.com' },
  ],
  steps: [
    { does: 'create' },
    { who: 'sender', does: 'send', afterSeconds: 1.5 },
    { who: 'anna', does: 'reject', reason: 'no' },
  ],
};

const parse = (value: unknown) =>
  parseScenario(typeof value === 'string' ? value : JSON.stringify(value), 'mine', simulators);

function problemOf(value: unknown): ScenarioProblem {
  try {
    parse(value);
  } catch (error) {
    if (error instanceof ScenarioProblem) return error;
    throw error;
  }
  throw new Error('it was taken');
}

test('a scenario is taken as it is, and is called after its file unless it has a name', () => {
  expect(parse(good)).toEqual({
    ...good,
    name: 'mine',
    people: [{ key: 'anna', role: 'SIGNER', name: null, email: null }, good.people[1]],
    steps: [
      { who: 'sender', does: 'create', afterSeconds: 0, fields: {} },
      { who: 'sender', does: 'send', afterSeconds: 1.5, fields: {} },
      { who: 'anna', does: 'reject', afterSeconds: 0, fields: { reason: 'no' } },
    ],
  });
  expect(parse({ ...good, name: 'other' }).name).toBe('other');
});

describe('a scenario that is wrong is refused with its place and its remedy', () => {
  const step = (more: object) => ({ ...good, steps: [{ does: 'create' }, more] });
  test.each([
    ['{"provider": "documenso",\n  "steps": [}', 'line 2 column 13', 'is not JSON', 'a comma'],
    ['', 'line 1 column 1', 'is not JSON', ''],
    [[], '', 'is not an object', '{...}'],
    [{ steps: [] }, 'provider', 'is missing', 'write one of documenso, docusign'],
    [{ ...good, provider: 'documneso' }, 'provider', '"documneso" is not known', 'did you mean documenso?'],
    [{ ...good, stesp: [] }, 'stesp', 'is not known here', 'did you mean steps?'],
    [{ ...good, steps: {} }, 'steps', 'is not a list', '[...]'],
    [{ ...good, steps: [] }, 'steps', 'is empty', '{"does": "create"}'],
    [{ ...good, steps: new Array(1001).fill({ does: 'create' }) }, 'steps', 'has more than 1000', 'fewer'],
    [step({ does: 'sing' }), 'steps[1].does', '"sing" is not known', 'did you mean'],
    [step({ does: 'sign' }), 'steps[1].who', 'is missing', 'write one of anna, copy'],
    [step({ who: 'ann', does: 'sign' }), 'steps[1].who', '"ann" is not known', 'did you mean anna?'],
    [step({ who: 'anna', does: 'send' }), 'steps[1].who', '"anna" is not known', 'sender'],
    [step({ does: 'send', reason: 'x' }), 'steps[1].reason', 'is not known here', ''],
    [step({ who: 'anna', does: 'reject', reason: 7 }), 'steps[1].reason', 'cannot have', 'a text'],
    [step({ who: 'anna', does: 'sign', sealedFirst: 'no' }), 'steps[1].sealedFirst', 'cannot have', 'true or false'],
    [step({ does: 'send', afterSeconds: -1 }), 'steps[1].afterSeconds', 'is no delay', 'seconds from 0'],
    [step({ does: 'send', afterSeconds: '5' }), 'steps[1].afterSeconds', 'is no delay', 'seconds from 0'],
    [{ ...good, about: { titel: 'x' } }, 'about.titel', 'is not known here', 'did you mean title?'],
    [{ ...good, about: { expiresAfterDays: 0 } }, 'about.expiresAfterDays', 'cannot have', 'from 1 to 365'],
    [{ ...good, about: { signingOrder: 'RANDOM' } }, 'about.signingOrder', 'cannot have', 'PARALLEL, SEQUENTIAL'],
    [{ ...good, people: [{ key: 'anna' }, { key: 'anna' }] }, 'people[1].key', 'again', 'of their own'],
    [{ ...good, people: [{ key: 'sender' }] }, 'people[0].key', 'is taken', 'another'],
    [{ ...good, people: [{ key: 'anna', role: 'KING' }] }, 'people[0].role', '"KING" is not known', 'SIGNER'],
    [{ ...good, people: [{ key: '' }] }, 'people[0].key', 'cannot have', 'a short text'],
    [{ ...good, people: undefined }, 'people', 'are missing', 'who can reject'],
    [{ provider: 'goroute', people: [{ key: 'a' }], steps: [] }, 'people', 'mean nothing', 'remove'],
    ['{"provider": "documenso", "__proto__": {}, "steps": []}', '__proto__', 'is not known here', ''],
  ])('%#: %j', (value, place, what, remedy) => {
    const problem = problemOf(value);
    expect(problem.place).toBe(place);
    expect(problem.what).toContain(what);
    expect(problem.remedy).toContain(remedy);
  });
});

describe('the JSON Schema', () => {
  const validate = new Ajv2020({ strict: false }).compile(scenarioSchema(simulators));

  test('takes what the parser takes', () => {
    expect([validate({ $schema: 'x', ...good }), validate.errors]).toEqual([true, null]);
  });

  test('and the parser are of one mind about any change to a scenario, people and states apart', () => {
    const junk = fc.oneof(
      fc.string(),
      fc.integer({ min: -9, max: 400 }),
      fc.boolean(),
      fc.constant(null),
      fc.constant([]),
    );
    const changes = fc.record({
      where: fc.constantFrom('top', 'about', 'person', 'step'),
      name: fc.oneof(
        fc.constantFrom(
          'provider',
          'steps',
          'people',
          'about',
          'title',
          'does',
          'afterSeconds',
          'reason',
          'role',
          'key',
        ),
        fc.constantFrom('name', 'description', 'externalId', 'expiresAfterDays', 'signingOrder', 'sealedFirst', 'x'),
      ),
      value: fc.oneof(junk, fc.constantFrom('sign', 'send', 'CC', 'SEQUENTIAL', 'stripe')),
    });
    fc.assert(
      fc.property(changes, ({ where, name, value }) => {
        // The key is what steps are held against, which no schema can say.
        fc.pre(!(where === 'person' && name === 'key' && typeof value === 'string'));
        fc.pre(!(where === 'top' && name === 'people'));
        const changed = structuredClone(good) as Record<string, unknown> & typeof good;
        const places = { top: changed, about: changed.about, person: changed.people[1], step: changed.steps[2] };
        Object.assign(places[where] as object, { [name]: value });
        let taken = true;
        try {
          parse(changed);
        } catch {
          taken = false;
        }
        expect([changed, validate(changed)]).toEqual([changed, taken]);
      }),
      { numRuns: 2000 },
    );
  });
});
