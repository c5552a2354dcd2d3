import { closestTo } from '../filtering/suggestion.rules.ts';
import { placeOfJsonError } from './json-error.rules.ts';
import { ScenarioProblem } from './scenario-problem.rules.ts';
import type { CastMember, Fields, FieldSpec, FieldValue, Scenario, Simulator, Step } from './simulator.ts';

type Specs = Readonly<Record<string, FieldSpec>>;
type Json = Readonly<Record<string, unknown>>;

const mostSteps = 1000;
const mostPeople = 100;
const longestDelaySeconds = 366 * 86_400;
const stepKeys = ['who', 'does', 'afterSeconds'];

/**
 * Checks a scenario as a user wrote it. Throws a ScenarioProblem that names the place and the remedy.
 * `name` is what it is called when it has no name of its own.
 */
export function parseScenario(text: string, name: string, simulators: ReadonlyMap<string, Simulator>): Scenario {
  const whole = asObject(parseJson(text), '');
  known(whole, ['$schema', 'provider', 'name', 'description', 'about', 'people', 'steps'], '');
  const provider = textAt(whole, 'provider', '', [...simulators.keys()]);
  const simulator = simulators.get(provider) as Simulator;
  const people = listAt(whole, 'people', mostPeople).map((value, index) => parsePerson(value, index, simulator));
  for (const [index, { key }] of people.entries()) {
    if (people.findIndex((each) => each.key === key) !== index) {
      throw new ScenarioProblem(`people[${index}].key`, `is "${key}" again`, 'give everybody a key of their own');
    }
  }
  const steps = listAt(whole, 'steps', mostSteps).map((value, index) => parseStep(value, index, simulator, people));
  if (steps.length === 0) throw new ScenarioProblem('steps', 'is empty', `write {"does": "${example(simulator)}"}`);
  return {
    provider,
    name: optionalText(whole, 'name', '') ?? name,
    description: optionalText(whole, 'description', '') ?? '',
    about: parseFields(asObject('about' in whole ? whole['about'] : {}, 'about'), simulator.about, 'about', []),
    people,
    steps,
  };
}

function parsePerson(value: unknown, index: number, simulator: Simulator): CastMember {
  const place = `people[${index}]`;
  const person = asObject(value, place);
  known(person, ['key', 'role', 'name', 'email'], place);
  if (simulator.roles.length === 0) {
    throw new ScenarioProblem('people', `mean nothing to ${simulator.title}`, 'remove them');
  }
  const key = textAt(person, 'key', place);
  const fixed = new Set(Object.values(simulator.actions).map(({ by }) => by));
  if (fixed.has(key)) throw new ScenarioProblem(`${place}.key`, `"${key}" is taken`, 'choose another word');
  return {
    key,
    role: 'role' in person ? textAt(person, 'role', place, simulator.roles) : null,
    name: optionalText(person, 'name', place),
    email: optionalText(person, 'email', place),
  };
}

function parseStep(value: unknown, index: number, simulator: Simulator, people: readonly CastMember[]): Step {
  const place = `steps[${index}]`;
  const step = asObject(value, place);
  const does = textAt(step, 'does', place, Object.keys(simulator.actions));
  const action = simulator.actions[does] as Simulator['actions'][string];
  const keys = people.map(({ key }) => key);
  let who = action.by;
  if (action.by === 'person') {
    if (keys.length === 0) throw new ScenarioProblem('people', 'are missing', `name who can ${does}`);
    who = textAt(step, 'who', place, keys);
  } else if ('who' in step) textAt(step, 'who', place, [action.by]);
  const delay = 'afterSeconds' in step ? step['afterSeconds'] : 0;
  if (typeof delay !== 'number' || !(delay >= 0 && delay <= longestDelaySeconds)) {
    const remedy = `write seconds from 0 to ${longestDelaySeconds} (a year)`;
    throw new ScenarioProblem(`${place}.afterSeconds`, 'is no delay', remedy);
  }
  return { who, does, afterSeconds: delay, fields: parseFields(step, action.takes ?? {}, place, stepKeys) };
}

function parseFields(given: Json, specs: Specs, place: string, others: readonly string[]): Fields {
  known(given, [...others, ...Object.keys(specs)], place);
  const fields: Record<string, FieldValue> = {};
  for (const [name, spec] of Object.entries(specs)) {
    const value = given[name];
    if (value === undefined) continue;
    const wanted = wantedBy(spec, value);
    if (wanted !== null) throw new ScenarioProblem(join(place, name), 'has a value that it cannot have', wanted);
    fields[name] = value as FieldValue;
  }
  return fields;
}

/** What to write instead, or null when the value will do. */
function wantedBy(spec: FieldSpec, value: unknown): string | null {
  switch (spec.kind) {
    case 'text':
      return typeof value === 'string' && value.length <= 1000 ? null : 'write a text of at most 1000 characters';
    case 'flag':
      return typeof value === 'boolean' ? null : 'write true or false';
    case 'choice':
      return spec.choices.includes(value as string) ? null : `write one of ${spec.choices.join(', ')}`;
    case 'whole': {
      const fits = Number.isSafeInteger(value) && Number(value) >= spec.least && Number(value) <= spec.most;
      return fits ? null : `write a whole number from ${spec.least} to ${spec.most}`;
    }
  }
}

function parseJson(text: string): unknown {
  const place = placeOfJsonError(text);
  if (place === null) return JSON.parse(text);
  throw new ScenarioProblem(place, 'is not JSON', 'mend the syntax there; a comma after the last item is not allowed');
}

function asObject(value: unknown, place: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw new ScenarioProblem(place, 'is not an object', 'write {...}');
}

function known(value: Json, names: readonly string[], place: string): void {
  for (const name of Object.keys(value)) {
    if (names.includes(name)) continue;
    throw new ScenarioProblem(join(place, name), 'is not known here', suggestion(name, names));
  }
}

function listAt(value: Json, name: string, most: number): readonly unknown[] {
  const list = name in value ? value[name] : [];
  if (!Array.isArray(list)) throw new ScenarioProblem(name, 'is not a list', 'write [...]');
  if (list.length > most) throw new ScenarioProblem(name, `has more than ${most} entries`, 'write fewer');
  return list;
}

function textAt(value: Json, name: string, place: string, choices?: readonly string[]): string {
  const found = value[name];
  const remedy = choices === undefined ? 'write a short text' : `write one of ${choices.join(', ')}`;
  if (found === undefined) throw new ScenarioProblem(join(place, name), 'is missing', remedy);
  if (typeof found !== 'string' || found === '' || found.length > 200) {
    throw new ScenarioProblem(join(place, name), 'has a value that it cannot have', remedy);
  }
  if (choices === undefined || choices.includes(found)) return found;
  throw new ScenarioProblem(join(place, name), `"${found}" is not known`, suggestion(found, choices));
}

function optionalText(value: Json, name: string, place: string): string | null {
  return name in value ? textAt(value, name, place) : null;
}

function suggestion(word: string, names: readonly string[]): string {
  const meant = closestTo(word, names);
  return meant === undefined ? `write one of ${names.join(', ')}` : `did you mean ${meant}?`;
}

function example(simulator: Simulator): string {
  return Object.keys(simulator.actions)[0] ?? '';
}

function join(place: string, name: string): string {
  return place === '' ? name : `${place}.${name}`;
}
