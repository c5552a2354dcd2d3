import { randomBytes } from 'node:crypto';
import { requestOf } from './flawed-request.rules.ts';
import { type Planned, plan } from './plan.rules.ts';
import { builtInScenarios, findScenarios, rehearse } from './scenarios.ts';
import type { SimulatedRequest, Stamp } from './simulated-request.ts';
import { settle, type SimulationOptions, type SimulationSettings } from './simulation-settings.rules.ts';
import type { Scenario, Simulator } from './simulator.ts';
import { simulators } from './simulators.rules.ts';

/** Options that were checked, with the plan that comes of them. */
export type PreparedSimulation = {
  settings: SimulationSettings;
  seed: string;
  plan: Generator<Planned, void>;
  stamp: (attempt: number, nowMs: number, firstMs: number) => Stamp;
  requestOf: (planned: Planned, stamp: Stamp) => SimulatedRequest;
};

/** Throws a SimulationProblem or a ScenarioProblem; nothing is sent yet. */
export async function prepareSimulation(options: SimulationOptions, nowMs: number): Promise<PreparedSimulation> {
  const settings = settle(options, simulators);
  const { simulator, flaws } = settings;
  const seed = options.seed ?? randomBytes(4).toString('hex');
  const planned = plan({
    simulator,
    scenarios: await chooseScenarios(simulator, options),
    seed,
    nowMs,
    event: options.event ?? null,
    count: options.count ?? 1,
    burst: options.burst ?? null,
    duplicateShare: options.duplicateShare ?? 0,
    shuffleWindow: options.shuffleWindow ?? 0,
    flaws: { kinds: flaws, share: options.flawedShare ?? 1 },
    pdfSizeBytes: options.pdfSizeBytes ?? null,
  });
  const context = { simulator, seed, staleSeconds: options.staleSeconds ?? 0 };
  return {
    settings,
    seed,
    plan: planned,
    stamp: (attempt, atMs, firstMs) => ({
      attempt,
      nowMs: atMs,
      firstMs,
      url: settings.url,
      secrets: settings.secrets,
      signatureHeader: options.signatureHeader ?? null,
    }),
    requestOf: (each, stamp) => requestOf(each, stamp, context),
  };
}

async function chooseScenarios(simulator: Simulator, options: SimulationOptions): Promise<Scenario[]> {
  const { scenario, event } = options;
  if (typeof scenario === 'object') return [scenario];
  if (scenario !== undefined || event === undefined) return await findScenarios(simulator, scenario ?? null);
  const all = await builtInScenarios(simulator);
  const tells = all.find((each) => rehearse(simulator, each).includes(event));
  return tells === undefined ? all : [tells];
}
