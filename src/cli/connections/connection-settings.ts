import type { ApiClient } from '../api/api-client.ts';
import { findNamed, withRemedy } from '../api/requests.ts';
import { CliFailure } from '../failure.ts';
import { splitPair } from '../sources/source-settings.ts';
import type { ApiProviderAnswer } from './connection-answers.ts';

export type SettingFlags = {
  name?: string;
  baseUrl?: string;
  selfHosted?: true;
  option?: readonly string[];
  policy?: readonly string[];
  source?: readonly string[];
  archive?: boolean;
};

/** The part of a request that the flags of settings make. */
export async function settingsOf(
  flags: SettingFlags,
  readProvider: () => Promise<ApiProviderAnswer | null>,
): Promise<Record<string, unknown>> {
  const { name, baseUrl, source, archive } = flags;
  const options = flags.option === undefined ? undefined : optionsOf(flags.option, await readProvider());
  return {
    ...(name === undefined ? {} : { name }),
    ...(baseUrl === undefined ? {} : { baseUrl: baseUrl === 'default' ? null : baseUrl }),
    ...(flags.selfHosted === true ? { selfHosted: true } : {}),
    ...(options === undefined ? {} : { options }),
    ...(flags.policy === undefined ? {} : { policy: policyOf(flags.policy) }),
    ...(source === undefined ? {} : { sources: source.join() === 'none' ? [] : source }),
    ...(archive === undefined ? {} : { archive }),
  };
}

/** `name=value`, as the kind that the provider says; what it does not know is for the API to refuse. */
function optionsOf(flags: readonly string[], provider: ApiProviderAnswer | null): Record<string, unknown> {
  return Object.fromEntries(
    flags.map((flag): [string, unknown] => {
      const [name, value] = splitPair(flag, '--option', 'name=value');
      const isText = provider?.options[name]?.kind === 'text' || provider?.options[name]?.kind === 'choice';
      return [name, isText ? value : valueOf(value)];
    }),
  );
}

/** `part.value=…`; `default` gives it its default again, and `part=default` all of a part. */
function policyOf(flags: readonly string[]): Record<string, Record<string, unknown> | null> {
  const policy: Record<string, Record<string, unknown> | null> = {};
  for (const flag of flags) {
    const [place, value] = splitPair(flag, '--policy', 'timeouts.totalMs=60000');
    const [part = '', name, ...deeper] = place.split('.');
    const isPart = name === undefined && value === 'default';
    if (!isPart && (name === undefined || deeper.length > 0)) {
      throw new CliFailure(`--policy ${place} names no value`, 'write --policy timeouts.totalMs=60000', 2);
    }
    policy[part] = name === undefined ? null : { ...policy[part], [name]: value === 'default' ? null : valueOf(value) };
  }
  return policy;
}

/** A number, a flag or a list where it is one; else text. */
function valueOf(value: string): unknown {
  if (!/^(?:-?\d+(?:\.\d+)?|true|false|\[.*\])$/s.test(value)) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

/** Null when there is no such provider, or this key may not look. */
export const findApiProvider = (api: ApiClient, path: string, name: string): Promise<ApiProviderAnswer | null> =>
  findNamed<ApiProviderAnswer>(api, `${path}/api-providers`, name);

/** Makes a request, with a flag as the remedy where one helps. */
export const withRemedies = <Answer>(request: () => Promise<Answer>): Promise<Answer> =>
  withRemedy(request, ({ what, code }) => (what.includes('selfHosted') ? 'write --self-hosted' : remedies[code]));

const remedies: Readonly<Record<string, string>> = {
  unknown_provider: 'see: posthorn connections providers',
  invalid_credential: 'copy it from the provider again',
  invalid_base_url: 'change --base-url or --environment',
};
