import { closestTo } from '../filtering/suggestion.rules.ts';
import type { Kind } from './simulated-request.ts';
import type { Scenario, Simulator } from './simulator.ts';

/** What is asked of a simulation; what is left out has the default that is said. */
export type SimulationOptions = {
  provider: string;
  /** The URL of the source, as it would be given to the provider. */
  to: string;
  /** The newest first; most providers take one, Documenso none too. */
  secrets?: readonly string[];
  /** A built-in scenario's name, `all`, the path of a JSON file, or a scenario; else the provider's usual one. */
  scenario?: string | Scenario;
  /** Only this event; without a scenario, of the first that tells it. */
  event?: string;
  /** How often to play it, or how many of the one event to send: 1. */
  count?: number;
  /** So many notifications as fast as the connections allow, instead of `count`. */
  burst?: number;
  /** At once: 1. */
  connections?: number;
  /** From 0 to 1: that share is sent twice. */
  duplicateShare?: number;
  /** How far a notification may get ahead of others: 0. */
  shuffleWindow?: number;
  /** Signed with a wrong secret. */
  forge?: boolean;
  /** Signed that long ago. */
  staleSeconds?: number;
  /** Changed after it was signed. */
  tamper?: boolean;
  /** From 0 to 1: the share that these three are done to, one each: 1. */
  flawedShare?: number;
  /** Equal seeds make equal worlds; else one is made up. */
  seed?: string;
  /** How much faster than in the real world time passes between two events; Infinity, the default, waits for nothing. */
  speed?: number;
  /** Documenso's job runner: `local`, `bullmq` or `inngest`. */
  runner?: string;
  /** Attempts in all, the first included. */
  attempts?: number;
  /** Between two attempts, instead of the provider's own delays. */
  retryDelayMs?: number;
  timeoutMs?: number;
  /** For providers whose header's name is not public. */
  signatureHeader?: string;
  pdfSizeBytes?: number;
  /** Certificates to trust beside the usual ones. */
  caPem?: string;
  /** Unix milliseconds to pretend it were when it begins. */
  atMs?: number;
};

/** Options that do not fit the provider or each other: what, and how to mend it. No secret is in it. */
export class SimulationProblem extends Error {
  readonly what: string;
  readonly remedy: string;

  constructor(what: string, remedy: string) {
    super(`${what}; ${remedy}`);
    this.name = 'SimulationProblem';
    this.what = what;
    this.remedy = remedy;
  }
}

/** Options that were checked against the provider. */
export type SimulationSettings = {
  simulator: Simulator;
  url: string;
  secrets: readonly string[];
  flaws: readonly Exclude<Kind, 'genuine'>[];
  retries: { kind: 'independent' | 'acknowledged'; delaysMs: readonly number[] };
  timeoutMs: number;
};

/** Throws a SimulationProblem. */
export function settle(options: SimulationOptions, simulators: ReadonlyMap<string, Simulator>): SimulationSettings {
  const simulator = findSimulator(options.provider, simulators);
  if (options.event !== undefined) findEvent(simulator, options.event);
  refuseWhatMeansNothing(simulator, options);
  return {
    simulator,
    url: checkUrl(options.to),
    secrets: checkSecrets(simulator, options.secrets ?? []),
    flaws: checkFlaws(simulator, options),
    retries: chooseRetries(simulator, options),
    timeoutMs: options.timeoutMs ?? simulator.timeoutMs,
  };
}

export function findSimulator(name: string, simulators: ReadonlyMap<string, Simulator>): Simulator {
  const found = simulators.get(name);
  if (found !== undefined) return found;
  throw new SimulationProblem(`the provider "${name}" is not known`, suggest(name, [...simulators.keys()]));
}

/** Better said than ignored. */
function refuseWhatMeansNothing(simulator: Simulator, options: SimulationOptions): void {
  const { title, signatureHeader, about } = simulator;
  const isFlawed = options.forge === true || options.tamper === true || options.staleSeconds !== undefined;
  if (options.burst !== undefined && options.count !== undefined) {
    throw new SimulationProblem('--burst and --count are both given', 'choose one');
  }
  if (options.flawedShare !== undefined && !isFlawed) {
    throw new SimulationProblem('--flawed is given and no flaw', 'add --forge, --stale or --tamper');
  }
  if (options.signatureHeader !== undefined && signatureHeader === undefined) {
    throw new SimulationProblem(`the header that ${title} signs in is known`, 'leave --signature-header out');
  }
  if (options.pdfSizeBytes !== undefined && !('pdfSizeBytes' in about)) {
    throw new SimulationProblem(`${title} sends no files`, 'leave --pdf-size out');
  }
}

function findEvent(simulator: Simulator, name: string): void {
  const names = simulator.events.map((event) => event.name);
  if (names.includes(name)) return;
  throw new SimulationProblem(`${simulator.title} has no event "${name}"`, suggest(name, names));
}

/** A remedy that names what was meant, or everything there is. */
export function suggest(word: string, names: readonly string[]): string {
  const meant = closestTo(word, names);
  return meant === undefined ? `choose one of ${names.join(', ')}` : `did you mean ${meant}?`;
}

function checkUrl(to: string): string {
  const url = URL.canParse(to) ? new URL(to) : null;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new SimulationProblem('--to is not an http URL', 'give the URL of the source');
  }
  if (url.username !== '' || url.password !== '') {
    throw new SimulationProblem('--to has a user or a password in it', 'remove them; providers refuse such URLs');
  }
  url.hash = '';
  return url.href;
}

function checkSecrets(simulator: Simulator, secrets: readonly string[]): readonly string[] {
  const { secret, title } = simulator;
  if (secrets.length === 0 && secret.required) {
    throw new SimulationProblem(`${title} signs with a secret, and none is given`, `give --secret: ${secret.what}`);
  }
  if (secrets.length > 1 && !secret.several) {
    throw new SimulationProblem(`${title} has one secret and ${secrets.length} are given`, 'give one');
  }
  for (const each of secrets) {
    const problem = each === '' ? 'is empty; give one' : secret.problemOf(each);
    if (problem === null) continue;
    const [what = '', remedy = 'copy it again'] = problem.split('; ');
    throw new SimulationProblem(`the secret ${what}`, remedy);
  }
  return secrets;
}

function checkFlaws(simulator: Simulator, options: SimulationOptions): Exclude<Kind, 'genuine'>[] {
  const { title, covers, timestamped } = simulator;
  if (options.staleSeconds !== undefined && !timestamped) {
    throw new SimulationProblem(`${title} signs no timestamp, so nothing of it can be stale`, 'leave --stale out');
  }
  if (options.tamper === true && covers === 'nothing') {
    throw new SimulationProblem(
      `${title} signs nothing, so nobody could tell that it was changed`,
      'leave --tamper out',
    );
  }
  return [
    ...(options.forge === true ? (['forged'] as const) : []),
    ...(options.staleSeconds === undefined ? [] : (['stale'] as const)),
    ...(options.tamper === true ? (['tampered'] as const) : []),
  ];
}

function chooseRetries(simulator: Simulator, options: SimulationOptions): SimulationSettings['retries'] {
  const { retries, title } = simulator;
  let usual: readonly number[];
  if (retries.kind === 'acknowledged') {
    if (options.runner !== undefined)
      throw new SimulationProblem(`${title} has no runner "${options.runner}"`, 'leave --runner out');
    usual = Array.from({ length: retries.retries }, () => retries.delayMs);
  } else {
    const names = Object.keys(retries.runners);
    const runner = options.runner ?? retries.usual;
    const delays = retries.runners[runner];
    if (delays === undefined || (options.runner !== undefined && names.length === 1)) {
      const remedy = names.length === 1 ? 'leave --runner out' : suggest(runner, names);
      throw new SimulationProblem(`${title} has no runner "${runner}"`, remedy);
    }
    usual = delays;
  }
  const count = options.attempts === undefined ? usual.length : options.attempts - 1;
  if (count === 0 && options.retryDelayMs !== undefined) {
    throw new SimulationProblem(`nothing of ${title} is sent again`, 'add --attempts, such as --attempts 3');
  }
  const delaysMs = Array.from(
    { length: count },
    (_, index) => options.retryDelayMs ?? usual[index] ?? usual.at(-1) ?? 0,
  );
  return { kind: retries.kind, delaysMs };
}
