import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import type { Options } from '../../providers/provider-profile.ts';
import { createRandom } from '../../simulation/random.rules.ts';
import { builtInScenarios } from '../../simulation/scenarios.ts';
import type { SimulatedRequest } from '../../simulation/simulated-request.ts';
import { simulators } from '../../simulation/simulators.rules.ts';
import { coverageOfGeneric, genericRequest } from './generic-sender.rules.ts';

/** What of a source decides how it verifies; no secret is in it. */
export type SourceShape = { provider: string; options: Options; kinds: readonly string[]; acceptUncovered: boolean };

/** Plays the provider of a source with credentials that are made up. */
export type TwinSender = {
  credentials: readonly { kind: string; name: string; value: string }[];
  covers: 'body' | 'fields' | 'nothing';
  /** How old a signed time may be; null where none is signed. */
  toleranceSeconds: number | null;
  /** The same notification for the same number, another for another; `stranger` signs with what the source does not know. */
  request(number: number, how: { url: string; atMs: number; stranger?: boolean }): SimulatedRequest;
  /** Changed after it was signed; null where nothing of it is signed. */
  tampered(number: number, how: { url: string; atMs: number }): SimulatedRequest | null;
};

type Identity = { secret: string; basic: string; key: { publicKey: KeyObject; privateKey: KeyObject } };

/** @throws when there is no simulated sender for the provider. */
export async function createTwinSender({ provider, options, kinds }: SourceShape): Promise<TwinSender> {
  const seed = randomBytes(12).toString('hex');
  if (provider === 'generic') return genericSender(options, seed);
  const simulator = simulators.get(provider);
  if (simulator === undefined) throw new Error(`nothing simulates the provider ${provider}`);
  const [scenario] = await builtInScenarios(simulator);
  if (scenario === undefined) throw new Error(`${provider} has no scenario`);

  const identityOf = (name: string): Identity => ({
    secret: simulator.secret.wrong(createRandom(seed + name)),
    basic: `drill:${randomBytes(16).toString('hex')}`,
    key: generateKeyPairSync('ed25519'),
  });
  const own = identityOf('/own');
  const stranger = identityOf('/stranger');
  const covers = kinds.every((kind) => kind === 'basic') ? 'nothing' : simulator.covers;

  const notificationOf = (number: number, atMs: number) => {
    const world = { random: createRandom(`${seed}/${number}`), shared: createRandom(seed), startMs: atMs };
    const [first] = simulator.play(scenario, { ...world, pdfSizeBytes: null });
    if (first === undefined) throw new Error(`${provider} tells of nothing`);
    return first;
  };
  const signed = (number: number, { url, atMs }: { url: string; atMs: number }, as: Identity): SimulatedRequest => {
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
    credentials: kinds.map((kind) => ({
      kind,
      name: kind,
      value: kind === 'basic' ? own.basic : kind === 'public-key' ? publicKeyText(own.key.publicKey) : own.secret,
    })),
    covers,
    toleranceSeconds: simulator.timestamped && kinds.some((kind) => kind !== 'basic') ? toleranceOf(options) : null,
    request: (number, how) => signed(number, how, how.stranger === true ? stranger : own),
    tampered(number, how) {
      if (covers === 'nothing') return null;
      return simulator.tamper(signed(number, how, own), notificationOf(number, how.atMs));
    },
  };
}

/** What options and other kinds of credentials add to what the simulator signed. */
function completed(
  request: SimulatedRequest,
  { kinds, options, as }: { kinds: readonly string[]; options: Options; as: Identity },
): SimulatedRequest {
  let headers = [...request.headers];
  if (kinds.includes('basic')) {
    headers.push(['Authorization', `Basic ${Buffer.from(as.basic).toString('base64')}`]);
  }
  if (kinds.includes('public-key')) {
    const valueOf = (name: string): string => headers.find(([each]) => each.toLowerCase() === name)?.[1] ?? '';
    const message = Buffer.concat([
      Buffer.from(`${valueOf('webhook-id')}.${valueOf('webhook-timestamp')}.`),
      request.body,
    ]);
    const entry = `v1a,${sign(null, message, as.key.privateKey).toString('base64')}`;
    headers = headers.map(([name, value]) => {
      if (name.toLowerCase() !== 'webhook-signature') return [name, value];
      return [name, kinds.includes('secret') ? `${value} ${entry}` : entry];
    });
  }
  if (options['headerPrefix'] === 'svix') {
    headers = headers.map(([name, value]) => [name.replace(/^webhook-/i, 'svix-'), value]);
  }
  return { ...request, headers };
}

function genericSender(options: Options, seed: string): TwinSender {
  const isBasic = options['scheme'] === 'basic';
  const secretOf = (): string => (isBasic ? 'drill:' : '') + randomBytes(24).toString('hex');
  const [own, stranger] = [secretOf(), secretOf()];
  const { covers, signsTime } = coverageOfGeneric(options);
  const signed = (number: number, how: { url: string; atMs: number }, secret: string): SimulatedRequest =>
    genericRequest(options, { ...how, secret, id: `${seed}${number}`, subject: `${seed}-${number}` });
  return {
    credentials: [{ kind: 'secret', name: 'secret', value: own }],
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

function publicKeyText(key: KeyObject): string {
  return `whpk_${key.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64')}`;
}
