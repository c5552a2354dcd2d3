import { readFile } from 'node:fs/promises';
import type { Exchange } from '../simulation/report.rules.ts';
import { scenarioSchema } from '../simulation/scenario-schema.rules.ts';
import { ScenarioProblem } from '../simulation/scenario-problem.rules.ts';
import { builtInScenarios } from '../simulation/scenarios.ts';
import { previewSimulation, simulate } from '../simulation/simulate.ts';
import { findSimulator, type SimulationOptions, SimulationProblem } from '../simulation/simulation-settings.rules.ts';
import { simulators } from '../simulation/simulators.rules.ts';
import { CliFailure } from './failure.ts';
import type { SimulateFlags } from './simulate/command-options.ts';
import { curlCommand, rawRequest, requestAsJson } from './simulate/print-request.rules.ts';
import { columnsFor, hintOn, renderExchange, renderHeading, renderReport } from './simulate/render-exchange.rules.ts';
import { providerAsJson, renderProvider, renderProviders } from './simulate/render-list.rules.ts';
import { readSecrets } from './sources/read-secrets.ts';
import { untilStopped } from './stop-signals.ts';
import type { Terminal } from './terminal/terminal.ts';

/** In a burst only problems are shown, and so many of them. */
const mostProblems = 20;

/** Plays a provider. The exit code is 0 only if everything genuine was acknowledged and everything else refused. */
export async function runSimulate(
  provider: string | undefined,
  flags: SimulateFlags,
  terminal: Terminal,
  given: { stopped?: Promise<unknown>; stdin?: NodeJS.ReadableStream } = {},
): Promise<0 | 1> {
  try {
    if (flags.schema === true) return print(JSON.stringify(scenarioSchema(simulators), null, 2), terminal);
    if (flags.list === true) return await list(provider, flags, terminal);
    const options = await optionsOf(provider, flags, given.stdin);
    if (flags.print !== undefined) return await preview(options, flags, terminal);
    return await play(options, flags, terminal, given.stopped ?? untilStopped());
  } catch (error) {
    if (error instanceof SimulationProblem) throw new CliFailure(error.what, error.remedy, 2);
    if (error instanceof ScenarioProblem) {
      const place = error.place === '' ? 'the scenario' : error.place;
      throw new CliFailure(`${place} ${error.what}`, error.remedy, 2);
    }
    throw error;
  }
}

async function play(
  options: SimulationOptions,
  flags: SimulateFlags,
  terminal: Terminal,
  stopped: Promise<unknown>,
): Promise<0 | 1> {
  const { out, paint } = terminal;
  const simulator = findSimulator(options.provider, simulators);
  const names = options.event === undefined ? simulator.events.map(({ name }) => name) : [options.event];
  const columns = columnsFor(names, terminal.width);
  const stop = new AbortController();
  void stopped.then(() => stop.abort());
  let rows = 0;
  const fates = new Set<string>();

  function onExchange(exchange: Exchange): void {
    if (exchange.kind === 'genuine') fates.add(String(exchange.status ?? exchange.error));
    if (flags.json === true) {
      out(JSON.stringify({ ...exchange, sentAt: new Date(exchange.sentAtMs).toISOString(), sentAtMs: undefined }));
      return;
    }
    const isRight = exchange.verdict === 'acknowledged' || exchange.verdict === 'refused';
    if (options.burst !== undefined && (isRight || rows >= mostProblems)) return;
    if (rows === 0) out(renderHeading(columns, paint));
    rows += 1;
    out(renderExchange(exchange, columns, paint));
  }

  const report = await simulate({ ...options, onExchange, signal: stop.signal });
  if (flags.json === true) out(JSON.stringify({ report }));
  else {
    if (rows > 0) out('');
    if (options.burst !== undefined && rows === mostProblems)
      out(paint.dim(`Only the first ${rows} problems are shown.`));
    const lines = renderReport(report, simulator.title, paint);
    const hint = report.genuine.acknowledged > 0 ? null : hintOn(fates);
    if (hint !== null) lines.splice(-1, 0, paint.yellow(hint));
    for (const line of lines) out(line);
  }
  return report.clean ? 0 : 1;
}

async function preview(options: SimulationOptions, flags: SimulateFlags, terminal: Terminal): Promise<0> {
  for (const { event, request } of await previewSimulation(options, Date.now())) {
    if (flags.json === true) terminal.out(requestAsJson(event, request));
    else terminal.out(`${flags.print === 'http' ? rawRequest(request) : `# ${event}\n${curlCommand(request)}`}\n`);
  }
  return 0;
}

async function list(provider: string | undefined, flags: SimulateFlags, terminal: Terminal): Promise<0> {
  const { out, paint } = terminal;
  if (provider !== undefined) {
    const simulator = findSimulator(provider, simulators);
    const scenarios = await builtInScenarios(simulator);
    if (flags.json === true) return print(providerAsJson(simulator, scenarios), terminal);
    for (const line of renderProvider(simulator, scenarios, paint)) out(line);
  } else if (flags.json === true) {
    out(JSON.stringify(Array.from(simulators.values(), ({ name, title }) => ({ name, title }))));
  } else for (const line of renderProviders(simulators.values(), paint)) out(line);
  return 0;
}

/** The flags as the simulation has them; what was not given stays out, so that its own defaults hold. */
async function optionsOf(
  provider: string | undefined,
  flags: SimulateFlags,
  stdin?: NodeJS.ReadableStream,
): Promise<SimulationOptions> {
  if (provider === undefined) {
    throw new CliFailure('no provider is named', 'see posthorn simulate --list', 2);
  }
  findSimulator(provider, simulators);
  if (flags.to === undefined) throw new CliFailure('--to is missing', 'give the URL of the source', 2);
  const given = {
    secrets: await readSecrets(flags, stdin),
    scenario: flags.scenario,
    event: flags.event,
    count: flags.count,
    burst: flags.burst,
    connections: flags.connections,
    duplicateShare: flags.duplicates,
    shuffleWindow: flags.shuffle,
    forge: flags.forge,
    staleSeconds: flags.stale,
    tamper: flags.tamper,
    flawedShare: flags.flawed,
    speed: flags.speed,
    runner: flags.runner,
    attempts: flags.attempts,
    retryDelayMs: milliseconds(flags.retryDelay),
    timeoutMs: milliseconds(flags.timeout),
    signatureHeader: flags.signatureHeader,
    pdfSizeBytes: flags.pdfSize,
    caPem: flags.ca === undefined ? undefined : await readPem(flags.ca),
    seed: flags.seed,
    atMs: flags.at,
  };
  const present = Object.entries(given).filter(([, value]) => value !== undefined);
  return { provider, to: flags.to, ...(Object.fromEntries(present) as Partial<SimulationOptions>) };
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.max(1, seconds * 1000);
}

async function readPem(path: string): Promise<string> {
  try {
    const pem = await readFile(path, 'utf8');
    if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new CliFailure(`${path} cannot be read (${code})`, 'name a PEM file with --ca');
  }
  throw new CliFailure(`${path} has no certificate in it`, 'name a PEM file with --ca');
}

function print(text: string, terminal: Terminal): 0 {
  terminal.out(text);
  return 0;
}
