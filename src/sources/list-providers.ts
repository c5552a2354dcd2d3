import type { Context } from '../context.ts';
import type { Coverage, Options, OptionSpec, ProviderProfile } from '../providers/provider-profile.ts';
import { allProfiles } from '../providers/registry.ts';
import { requireTeam } from '../teams/require-team.ts';
import { generateCredential } from './generate-credential.ts';
import { currentOptions } from './read-source-config.ts';

/** A provider profile as data: enough to set a source up, and for a form. */
export type ProviderView = {
  name: string;
  title: string;
  setup: string;
  credentialKinds: {
    name: string;
    title: string;
    description: string;
    /** True where users make up their own: Posthorn does when the value is left out. */
    canBeGenerated: boolean;
    /** Alone, and with the options that a source has unless told otherwise. */
    coverage: Coverage;
  }[];
  options: Record<string, OptionView>;
  /** All that its requests may prove, whatever the options. */
  coverages: Coverage[];
  contentTypes: string[] | null;
  eventTypes: { name: string; description: string }[];
};

type OptionView = Omit<OptionSpec, 'choices'> & { choices?: string[] };

/** Every profile, by name. @throws Problem not_found when there is no such team */
export async function listProviders(ctx: Context, input: { teamId: string }): Promise<ProviderView[]> {
  await requireTeam(ctx.database, input.teamId);
  return allProfiles().map(presentProvider);
}

function presentProvider(profile: ProviderProfile): ProviderView {
  const kinds = Object.entries(profile.credentialKinds);
  const defaults = currentOptions(profile.options, {});
  const reachable = kinds.flatMap(([kind]) =>
    [defaults, ...variations(profile, defaults)].map((options) => profile.coverageOf(new Set([kind]), options)),
  );
  return {
    name: profile.name,
    title: profile.title,
    setup: profile.setup,
    credentialKinds: kinds.map(([kind, { title, description }]) => ({
      name: kind,
      title,
      description,
      canBeGenerated: generateCredential(profile.name, kind, defaults) !== null,
      coverage: profile.coverageOf(new Set([kind]), defaults),
    })),
    options: Object.fromEntries(Object.entries(profile.options).map(([name, spec]) => [name, presentOption(spec)])),
    coverages: [...new Set(reachable)],
    contentTypes: profile.contentTypes === null ? null : [...profile.contentTypes],
    eventTypes: profile.eventTypes.map(({ name, description }) => ({ name, description })),
  };
}

function presentOption(spec: OptionSpec): OptionView {
  return spec.kind === 'choice' ? { ...spec, choices: [...spec.choices] } : spec;
}

/** The defaults with one option at a time set to each of its choices; a text is tried empty and as its examples. */
function variations(profile: ProviderProfile, defaults: Options): Options[] {
  return Object.entries(profile.options).flatMap(([name, spec]) =>
    choicesOf(spec).map((choice) => ({ ...defaults, [name]: choice })),
  );
}

function choicesOf(spec: OptionSpec): readonly (string | boolean)[] {
  if (spec.kind === 'choice') return spec.choices;
  if (spec.kind === 'text') return ['', ...(spec.examples ?? [])];
  return spec.kind === 'flag' ? [true, false] : [];
}
