import type { Context } from '../context.ts';
import type { ApiEnvironment, ApiProfile, Budget } from '../providers/api-profile.ts';
import { allApiProfiles } from '../providers/api-registry.ts';
import type { OptionSpec } from '../providers/provider-profile.ts';
import { requireTeam } from '../teams/require-team.ts';
import { credentialFields } from './credential-kinds.rules.ts';

/** The profile of a provider's API as data: enough to set a connection up, and for a form. */
export type ApiProviderView = {
  name: string;
  title: string;
  setup: string;
  environments: Record<ApiEnvironment, { baseUrl: string | null; hosts: string[]; budgets: Budget[] }>;
  selfHosted: boolean;
  credentialKinds: {
    name: string;
    fields: { name: string; description: string; required: boolean; secret: boolean; mayRefer: boolean }[];
  }[];
  options: Record<string, Omit<OptionSpec, 'choices'> & { choices?: string[] }>;
  /** How long a call must not be made again; null where the provider does not mind. */
  pollingWindowMs: number | null;
};

/** Every profile, by name. @throws Problem not_found when there is no such team */
export async function listApiProviders(ctx: Context, input: { teamId: string }): Promise<ApiProviderView[]> {
  await requireTeam(ctx.database, input.teamId);
  return allApiProfiles().map(presentApiProvider);
}

function presentApiProvider(profile: ApiProfile): ApiProviderView {
  const { name, title, setup, selfHosted } = profile;
  const environmentOf = (environment: ApiEnvironment) => {
    const { baseUrl, hosts } = profile.environments[environment];
    return { baseUrl, hosts: [...hosts], budgets: [...profile.budgets(environment)] };
  };
  return {
    name,
    title,
    setup,
    environments: { sandbox: environmentOf('sandbox'), production: environmentOf('production') },
    selfHosted,
    credentialKinds: profile.credentialKinds.map((kind) => ({
      name: kind,
      fields: Object.entries(credentialFields[kind]).map(([field, spec]) => ({ name: field, ...spec })),
    })),
    options: Object.fromEntries(
      Object.entries(profile.options).map(([option, spec]) => [
        option,
        spec.kind === 'choice' ? { ...spec, choices: [...spec.choices] } : spec,
      ]),
    ),
    pollingWindowMs: profile.polling?.windowMs ?? null,
  };
}
