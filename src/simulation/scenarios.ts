import { readdir, readFile } from 'node:fs/promises';
import { createRandom } from './random.rules.ts';
import { parseScenario } from './scenario.rules.ts';
import { ScenarioProblem } from './scenario-problem.rules.ts';
import { SimulationProblem, suggest } from './simulation-settings.rules.ts';
import type { Scenario, Simulator } from './simulator.ts';
import { simulators } from './simulators.rules.ts';

const folder = new URL('./scenarios/', import.meta.url);
const largestFileBytes = 1_000_000;

/** The scenarios that come along for a provider, its usual one first, then by name. */
export async function builtInScenarios(simulator: Simulator): Promise<Scenario[]> {
  const own = new URL(`${simulator.name}/`, folder);
  const names = (await readdir(own)).filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -5));
  names.sort((one, other) => rank(simulator, one) - rank(simulator, other) || (one < other ? -1 : 1));
  const read = names.map(async (name) => {
    return parseScenario(await readFile(new URL(`${name}.json`, own), 'utf8'), name, simulators);
  });
  return await Promise.all(read);
}

/**
 * What a user asks for by the name of a built-in scenario, `all`, or the path of a JSON file; null for the usual one.
 * Throws a SimulationProblem or, with the file's path before its place, a ScenarioProblem.
 */
export async function findScenarios(simulator: Simulator, asked: string | null): Promise<Scenario[]> {
  if (asked !== null && /[/\\]|\.json$/.test(asked)) return [await readScenario(simulator, asked)];
  const builtIn = await builtInScenarios(simulator);
  if (asked === 'all') return builtIn;
  const found = builtIn.find(({ name }) => name === (asked ?? simulator.defaultScenario));
  if (found !== undefined) return [found];
  const names = [...builtIn.map(({ name }) => name), 'all'];
  throw new SimulationProblem(`${simulator.title} has no scenario "${asked}"`, suggest(asked ?? '', names));
}

async function readScenario(simulator: Simulator, path: string): Promise<Scenario> {
  const text = await readText(path);
  try {
    const scenario = parseScenario(text, path, simulators);
    if (scenario.provider !== simulator.name) {
      throw new ScenarioProblem('provider', `is ${scenario.provider}`, `simulate ${scenario.provider} with it`);
    }
    // Whether the steps can happen in this order shows when they are played.
    rehearse(simulator, scenario);
    return scenario;
  } catch (error) {
    if (!(error instanceof ScenarioProblem)) throw error;
    throw new ScenarioProblem(`${path}${error.place === '' ? '' : `: ${error.place}`}`, error.what, error.remedy);
  }
}

/** The names of the events that a scenario tells: they do not depend on chance. Throws where a step cannot happen. */
export function rehearse(simulator: Simulator, scenario: Scenario): string[] {
  const [random, shared] = [createRandom(''), createRandom('')];
  return simulator.play(scenario, { random, shared, startMs: 0, pdfSizeBytes: null }).map(({ event }) => event);
}

async function readText(path: string): Promise<string> {
  try {
    const bytes = await readFile(path);
    if (bytes.length <= largestFileBytes) return bytes.toString('utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new SimulationProblem(`${path} cannot be read (${code})`, 'name a scenario or a JSON file of one');
  }
  throw new SimulationProblem(`${path} is larger than ${largestFileBytes} bytes`, 'name the JSON file of a scenario');
}

function rank(simulator: Simulator, name: string): number {
  return name === simulator.defaultScenario ? 0 : 1;
}
