import type { Random } from '../random.rules.ts';
import { createDocumensoApi, type DocumensoApi, type DocumensoApiOptions } from './documenso/documenso-api.rules.ts';
import { createDocusignApi, type DocusignApi, type DocusignApiOptions } from './docusign/docusign-api.rules.ts';
import { createGorouteApi, type GorouteApi, type GorouteApiOptions } from './goroute/goroute-api.rules.ts';

/** Each provider's API with what is its own. */
export type ProviderApis = { documenso: DocumensoApi; docusign: DocusignApi; goroute: GorouteApi };

type Settings<Options> = Partial<Omit<Options, keyof Surroundings>>;

/** What every simulated API gets from outside. */
type Surroundings = { random: Random; origin: () => string };

/** What can be set of each; what is left out is as the provider has it. */
export type ProviderOptions = {
  documenso: Settings<DocumensoApiOptions>;
  docusign: Settings<Omit<DocusignApiOptions, 'publicKeyPem'>> & Pick<DocusignApiOptions, 'publicKeyPem'>;
  goroute: Settings<GorouteApiOptions>;
};

/** So many documents, and bytes of their files, are kept; the oldest go first. */
const usualBounds = { most: 10_000, mostBytes: 256 * 1024 * 1024 };

const makers: {
  [Provider in keyof ProviderApis]: (given: Surroundings, options: ProviderOptions[Provider]) => ProviderApis[Provider];
} = {
  documenso: ({ random }, options) =>
    createDocumensoApi({
      random,
      bounds: options.bounds ?? usualBounds,
      callsPerMinute: options.callsPerMinute ?? 1000,
      storage: options.storage ?? 's3',
      organisationQuota: options.organisationQuota ?? null,
      signAfterMs: options.signAfterMs ?? null,
    }),
  docusign: ({ random }, options) =>
    createDocusignApi({
      random,
      publicKeyPem: options.publicKeyPem,
      bounds: options.bounds ?? usualBounds,
      audiences: options.audiences ?? ['account-d.docusign.com'],
      isConsentGiven: options.isConsentGiven ?? false,
      tokenLifetimeSeconds: options.tokenLifetimeSeconds ?? 3600,
      callsPerHour: options.callsPerHour ?? 3000,
      burst: options.burst ?? 200,
      limitStatus: options.limitStatus ?? 429,
      envelopeLimits: options.envelopeLimits ?? null,
      includeDocuments: options.includeDocuments ?? false,
      signAfterMs: options.signAfterMs ?? null,
      planLacks: options.planLacks ?? [],
    }),
  goroute: ({ random, origin }, options) =>
    createGorouteApi({
      random,
      origin,
      bounds: options.bounds ?? usualBounds,
      keyPrefix: options.keyPrefix ?? 'sk_test_',
      errors: options.errors ?? 'named',
      stageMs: options.stageMs ?? 300,
      timeoutMs: options.timeoutMs ?? 30_000,
    }),
};

export function createApi<Provider extends keyof ProviderApis>(
  provider: Provider,
  given: Surroundings,
  options: ProviderOptions[Provider],
): ProviderApis[Provider] {
  return makers[provider](given, options);
}
