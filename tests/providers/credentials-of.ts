import { generateKeyPairSync } from 'node:crypto';
import type { Credential, Options, ProviderProfile } from '../../src/providers/provider-profile.ts';

const publicKey = generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' });

/** One of these suits every kind of credential there is; a kind that none suits needs one more here. */
const samples = [
  'a-long-and-random-secret-0123456789',
  'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  `whpk_${publicKey.subarray(-32).toString('base64')}`,
  'some-user:and-a-long-password-0123456789',
  '0123456789abcdef'.repeat(4),
];

/** A usable credential of every kind that the profile has. @throws when no sample will do */
export function credentialsOf(profile: ProviderProfile): Credential[] {
  return Object.entries(profile.credentialKinds).map(([kind, described]) => {
    const value = samples.find((sample) => described.problemOf(sample) === null);
    if (value === undefined)
      throw new Error(`no sample is a ${kind} of ${profile.name}: add one to ${import.meta.url}`);
    return { name: kind, kind, value };
  });
}

export function defaultsOf(profile: ProviderProfile): Options {
  return Object.fromEntries(Object.entries(profile.options).map(([name, spec]) => [name, spec.default]));
}

/**
 * The defaults, and each option at every choice, example or end that it has: enough to reach what an option decides.
 * One that cannot stand alone has the first other beside it that makes it fit.
 */
export function optionSetsOf(profile: ProviderProfile): Options[] {
  const defaults = defaultsOf(profile);
  const others = Object.entries(profile.options).flatMap(([name, spec]): Options[] => {
    if (spec.kind === 'choice') return spec.choices.map((choice) => ({ [name]: choice }));
    if (spec.kind === 'flag') return [{ [name]: !spec.default }];
    if (spec.kind === 'text') return (spec.examples ?? []).map((example) => ({ [name]: example }));
    return [spec.minimum, spec.maximum].map((end) => ({ [name]: end }));
  });
  const fits = (options: Options): boolean => (profile.checkOptions?.(options) ?? []).length === 0;
  const sets = [defaults, ...others.map((one) => ({ ...defaults, ...one }))].flatMap((options) => {
    if (fits(options)) return [options];
    const beside = others.map((other) => ({ ...other, ...pickChanged(options, defaults) }));
    const completed = beside.map((some) => ({ ...defaults, ...some })).find(fits);
    return completed === undefined ? [] : [completed];
  });
  return [...new Map(sets.map((options) => [JSON.stringify(options), options])).values()];
}

function pickChanged(options: Options, defaults: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([name, value]) => value !== defaults[name]));
}
