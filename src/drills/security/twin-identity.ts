import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import type { Options } from '../../providers/provider-profile.ts';
import { findProfile } from '../../providers/registry.ts';
import { createRandom } from '../../simulation/random.rules.ts';
import type { SimulatedRequest } from '../../simulation/simulated-request.ts';
import type { Simulator } from '../../simulation/simulator.ts';
import { simulators } from '../../simulation/simulators.rules.ts';

/** Of a source, made up. */
export type TwinCredential = { kind: string; name: string; value: string };

/** What a sender that is played proves itself with, whatever kinds of credentials its source takes. */
export type TwinIdentity = {
  secret: string;
  basic: string;
  key: { publicKey: KeyObject; privateKey: KeyObject };
};

/** Another each time. @throws when nothing simulates the provider */
export function makeIdentity(provider: string, options: Options): TwinIdentity {
  return {
    secret: provider === 'generic' ? genericSecret(options) : simulatedSecret(provider),
    basic: `drill:${randomBytes(16).toString('hex')}`,
    key: generateKeyPairSync('ed25519'),
  };
}

/** The kind of credential that a source of the provider has at least. */
export function usualKind(provider: string): string {
  return Object.keys(findProfile(provider)?.credentialKinds ?? {})[0] ?? 'secret';
}

export function credentialsOf(kinds: readonly string[], { secret, basic, key }: TwinIdentity): TwinCredential[] {
  const valueOf = (kind: string): string => {
    if (kind === 'basic') return basic;
    return kind === 'public-key' ? publicKeyText(key.publicKey) : secret;
  };
  return kinds.map((kind) => ({ kind, name: kind, value: valueOf(kind) }));
}

/** @throws when there is none */
export function simulatorOf(provider: string): Simulator {
  const simulator = simulators.get(provider);
  if (simulator === undefined) throw new Error(`nothing simulates the provider ${provider}`);
  return simulator;
}

/** What options and other kinds of credentials add to what the simulator signed. */
export function completed(
  request: SimulatedRequest,
  { kinds, options, as }: { kinds: readonly string[]; options: Options; as: TwinIdentity },
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

function simulatedSecret(provider: string): string {
  return simulatorOf(provider).secret.wrong(createRandom(randomBytes(12).toString('hex')));
}

function genericSecret(options: Options): string {
  return (options['scheme'] === 'basic' ? 'drill:' : '') + randomBytes(24).toString('hex');
}

function publicKeyText(key: KeyObject): string {
  return `whpk_${key.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64')}`;
}
