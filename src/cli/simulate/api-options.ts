import { readFile } from 'node:fs/promises';
import {
  type ApiSimulatorOptions,
  type ProviderOptions,
  simulatedApis,
  type SimulatedProvider,
} from '../../simulation/start-api-simulator.ts';
import { suggest } from '../../simulation/simulation-settings.rules.ts';
import { CliFailure } from '../failure.ts';
import { readSecrets } from '../sources/read-secrets.ts';
import type { ApiFlags } from './api-flags.ts';

/** The name of a provider whose API can be simulated, and the remedy when it is none. */
export function demandApi(name: string): SimulatedProvider {
  const found = simulatedApis.find((each) => each === name);
  if (found !== undefined) return found;
  throw new CliFailure(`the API of "${name}" is not simulated`, suggest(name, simulatedApis), 2);
}

/** Which flags are whose: better said than ignored. */
const owners: Readonly<Partial<Record<keyof ApiFlags, readonly SimulatedProvider[]>>> = {
  signatureHeader: ['goroute'],
  signAfter: ['documenso', 'docusign'],
  limit: ['documenso', 'docusign'],
  burst: ['docusign'],
  quota: ['documenso'],
  storage: ['documenso'],
  privateKey: ['docusign'],
  consent: ['docusign'],
  withDocuments: ['docusign'],
  planLacks: ['docusign'],
  errors: ['goroute'],
  productionKey: ['goroute'],
};

type CommonOptions = Pick<ApiSimulatorOptions<'documenso'>, 'port' | 'seed' | 'faults' | 'webhook' | 'tls'>;

/** The flags that all providers have, as options; what was not given stays out. */
export async function commonOptions(
  provider: SimulatedProvider,
  flags: ApiFlags,
  stdin: NodeJS.ReadableStream | undefined,
): Promise<CommonOptions> {
  for (const [name, owned] of Object.entries(owners)) {
    if (flags[name as keyof ApiFlags] === undefined || owned.includes(provider)) continue;
    const option = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    throw new CliFailure(`${option} means nothing to ${provider}`, `leave it out; it is for ${owned.join(' and ')}`, 2);
  }
  const webhook = await webhookOf(flags, stdin);
  const tls = await tlsOf(flags);
  return {
    port: flags.port,
    seed: flags.seed,
    faults: flags.fault ?? [],
    ...(webhook === null ? {} : { webhook }),
    ...(tls === null ? {} : { tls }),
  };
}

/** The flags that are one provider's own. */
export function ownOptions(
  flags: ApiFlags,
): ProviderOptions['documenso'] & Partial<ProviderOptions['docusign']> & ProviderOptions['goroute'] {
  const given = {
    callsPerMinute: flags.limit,
    callsPerHour: flags.limit,
    burst: flags.burst,
    organisationQuota: flags.quota,
    storage: flags.storage,
    isConsentGiven: flags.consent,
    includeDocuments: flags.withDocuments,
    planLacks: flags.planLacks,
    errors: flags.errors,
    keyPrefix: flags.productionKey === undefined ? undefined : ('pk_goroute_' as const),
    signAfterMs: flags.signAfter === undefined ? undefined : flags.signAfter * 1000,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

async function webhookOf(
  flags: ApiFlags,
  stdin: NodeJS.ReadableStream | undefined,
): Promise<NonNullable<ApiSimulatorOptions<'documenso'>['webhook']> | null> {
  const piped = flags.webhookSecretStdin === true ? ['-'] : [];
  const named = { secret: [...(flags.webhookSecret ?? []), ...piped], secretFile: flags.webhookSecretFile ?? [] };
  if (flags.webhook === undefined) {
    const isIdle = named.secret.length + named.secretFile.length === 0 && flags.webhookEvent === undefined;
    if (isIdle) return null;
    throw new CliFailure('--webhook is missing', 'give the URL of the source', 2);
  }
  const more = {
    events: flags.webhookEvent,
    signatureHeader: flags.signatureHeader,
    attempts: flags.attempts,
    retryDelayMs: flags.retryDelay === undefined ? undefined : Math.max(1, flags.retryDelay * 1000),
    caPem: flags.ca === undefined ? undefined : await readText(flags.ca, '--ca'),
  };
  const present = Object.fromEntries(Object.entries(more).filter(([, value]) => value !== undefined));
  return { url: flags.webhook, secrets: await readSecrets(named, stdin), ...present };
}

async function tlsOf({ tlsCert, tlsKey }: ApiFlags): Promise<{ certPem: string; keyPem: string } | null> {
  if (tlsCert === undefined && tlsKey === undefined) return null;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new CliFailure('--tls-cert and --tls-key go together', 'give both', 2);
  }
  return { certPem: await readText(tlsCert, '--tls-cert'), keyPem: await readText(tlsKey, '--tls-key') };
}

async function readText(path: string, option: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new CliFailure(`${path} cannot be read (${code})`, `name a PEM file with ${option}`);
  }
}
