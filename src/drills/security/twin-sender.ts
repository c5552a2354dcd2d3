import { randomBytes } from 'node:crypto';
import type { Options } from '../../providers/provider-profile.ts';
import { createRandom } from '../../simulation/random.rules.ts';
import { builtInScenarios } from '../../simulation/scenarios.ts';
import type { SimulatedRequest } from '../../simulation/simulated-request.ts';
import { coverageOfGeneric, genericRequest } from './generic-sender.rules.ts';
import {
  completed,
  credentialsOf,
  makeIdentity,
  simulatorOf,
  type TwinCredential,
  type TwinIdentity,
} from './twin-identity.ts';

/** What of a source decides how it verifies; no secret is in it. */
export type SourceShape = { provider: string; options: Options; kinds: readonly string[]; acceptUncovered: boolean };

/** Plays the provider of a source with credentials that are made up. */
export type TwinSender = {
  credentials: readonly TwinCredential[];
  covers: 'body' | 'fields' | 'nothing';
  /** How old a signed time may be; null where none is signed. */
  toleranceSeconds: number | null;
  /** The same notification for the same number, another for another; `stranger` signs with what the source does not know. */
  request(number: number, how: { url: string; atMs: number; stranger?: boolean }): SimulatedRequest;
  /** Changed after it was signed; null where nothing of it is signed. */
  tampered(number: number, how: { url: string; atMs: number }): SimulatedRequest | null;
};

/** @throws when there is no simulated sender for the provider. */
export async function createTwinSender({ provider, options, kinds }: SourceShape): Promise<TwinSender> {
  const seed = randomBytes(12).toString('hex');
  if (provider === 'generic') return genericSender(options, seed);
  const simulator = simulatorOf(provider);
  const [scenario] = await builtInScenarios(simulator);
  if (scenario === undefined) throw new Error(`${provider} has no scenario`);

  const own = makeIdentity(provider, options);
  const stranger = makeIdentity(provider, options);
  const covers = kinds.every((kind) => kind === 'basic') ? 'nothing' : simulator.covers;

  const notificationOf = (number: number, atMs: number) => {
    const world = { random: createRandom(`${seed}/${number}`), shared: createRandom(seed), startMs: atMs };
    const [first] = simulator.play(scenario, { ...world, pdfSizeBytes: null });
    if (first === undefined) throw new Error(`${provider} tells of nothing`);
    return first;
  };
  const signed = (number: number, { url, atMs }: { url: string; atMs: number }, as: TwinIdentity): SimulatedRequest => {
    const header = options['signatureHeader'];
    const request = notificationOf(number, atMs).request({
      attempt: 1,
      nowMs: atMs,
      firstMs: atMs,
      url,
      secrets: [as.secret],
      signatureHeader: typeof header === 'string' ? header : null,
    });
    return completed(request, { kinds, options, as });
  };

  return {
    credentials: credentialsOf(kinds, own),
    covers,
    toleranceSeconds: simulator.timestamped && kinds.some((kind) => kind !== 'basic') ? toleranceOf(options) : null,
    request: (number, how) => signed(number, how, how.stranger === true ? stranger : own),
    tampered(number, how) {
      if (covers === 'nothing') return null;
      return simulator.tamper(signed(number, how, own), notificationOf(number, how.atMs));
    },
  };
}

function genericSender(options: Options, seed: string): TwinSender {
  const [own, stranger] = [makeIdentity('generic', options), makeIdentity('generic', options)];
  const { covers, signsTime } = coverageOfGeneric(options);
  const signed = (number: number, how: { url: string; atMs: number }, { secret }: TwinIdentity): SimulatedRequest =>
    genericRequest(options, { ...how, secret, id: `${seed}${number}`, subject: `${seed}-${number}` });
  return {
    credentials: credentialsOf(['secret'], own),
    covers,
    toleranceSeconds: signsTime ? toleranceOf(options) : null,
    request: (number, how) => signed(number, how, how.stranger === true ? stranger : own),
    tampered(number, how) {
      if (covers !== 'body') return null;
      const request = signed(number, how, own);
      return { ...request, body: Buffer.concat([request.body, Buffer.from(' ')]) };
    },
  };
}

function toleranceOf(options: Options): number {
  return Number(options['toleranceSeconds'] ?? options['maxAgeSeconds'] ?? 300);
}
