import type { ApiClient } from '../api/api-client.ts';
import { findNamed, withRemedy } from '../api/requests.ts';
import { CliFailure } from '../failure.ts';
import type { ProviderAnswer } from './source-answers.ts';

export type SettingFlags = {
  name?: string;
  option?: readonly string[];
  allow?: readonly string[];
  rate?: number | 'none';
  bodyMax?: number;
  dedupe?: number;
  acceptUncovered?: true;
};

/** The part of a request that the flags of settings make. */
export async function settingsOf(
  flags: SettingFlags,
  readProvider: () => Promise<ProviderAnswer | null>,
): Promise<Record<string, unknown>> {
  const { name, allow, rate, bodyMax, dedupe } = flags;
  const options = flags.option === undefined ? undefined : optionsOf(flags.option, await readProvider());
  return {
    ...(name === undefined ? {} : { name }),
    ...(options === undefined ? {} : { options }),
    ...(allow === undefined ? {} : { allowAddresses: allow.join() === 'none' ? null : allow }),
    ...(rate === undefined ? {} : { rateLimit: rate === 'none' ? null : { perSecond: rate } }),
    ...(bodyMax === undefined ? {} : { bodyMaxBytes: bodyMax }),
    ...(dedupe === undefined ? {} : { dedupeWindowSeconds: dedupe }),
    ...(flags.acceptUncovered === true ? { acceptUncovered: true } : {}),
  };
}

/** `name=value`, as the kind that the provider says; what it does not know is for the API to refuse. */
function optionsOf(flags: readonly string[], provider: ProviderAnswer | null): Record<string, unknown> {
  return Object.fromEntries(
    flags.map((flag): [string, unknown] => {
      const [name, value] = splitPair(flag, '--option', 'name=value');
      const kind = provider?.options[name]?.kind;
      if (kind === 'whole' && /^-?\d+$/.test(value)) return [name, Number(value)];
      if (kind === 'flag' && /^(true|false)$/.test(value)) return [name, value === 'true'];
      return [name, value];
    }),
  );
}

/** @throws CliFailure when there is no name before an equals sign */
export function splitPair(pair: string, flag: string, shape: string): [string, string] {
  const at = pair.indexOf('=');
  if (at < 1) throw new CliFailure(`${flag} ${pair} has no value`, `write ${flag} ${shape}`, 2);
  return [pair.slice(0, at), pair.slice(at + 1)];
}

/** Null when there is no such provider, or this key may not look. */
export const findProvider = (api: ApiClient, path: string, name: string): Promise<ProviderAnswer | null> =>
  findNamed<ProviderAnswer>(api, `${path}/providers`, name);

/** Makes a request, with a flag as the remedy where one helps. */
export const withRemedies = <Answer>(request: () => Promise<Answer>): Promise<Answer> =>
  withRemedy(request, ({ code, what }) => flagFor(what) ?? remedies[code]);

/** The flag for what the API misses in a credential. */
function flagFor(what: string): string | undefined {
  if (/^[^(]*\(\/credentials\/\d+\/kind /.test(what)) return 'name one of them with --kind';
  if (/\(\/credentials\/\d+\/value is missing/.test(what)) return 'give it with --secret-file <path>, or --secret -';
  return undefined;
}

const remedies: Readonly<Record<string, string>> = {
  uncovered_body: 'take it nevertheless with --accept-uncovered',
  unknown_provider: 'see: posthorn sources providers',
  invalid_secret: 'copy the secret from the provider again',
};
