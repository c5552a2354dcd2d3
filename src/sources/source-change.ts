import type { Context } from '../context.ts';
import { parseNetwork } from '../egress/address.rules.ts';
import { closestTo } from '../filtering/suggestion.rules.ts';
import { Problem, type ProblemPointer } from '../problem.ts';
import type { Options, ProviderProfile } from '../providers/provider-profile.ts';
import { readOptions } from '../providers/read-options.rules.ts';
import { allProfiles, findProfile } from '../providers/registry.ts';
import { currentOptions } from './read-source-config.ts';
import type { SourceSettings, SourceStatus } from './source.store.ts';

/** What use cases of sources need beside the usual: where this Posthorn is reached from outside, without a slash. */
export type SourceContext = Context & { publicUrl: () => string };

/** What a caller gives: nothing leaves a setting as it is, null clears it. */
export type SourceChange = {
  name?: string | undefined;
  /** Options that are not named stay; null sets one to its default. */
  options?: Record<string, unknown> | undefined;
  status?: SourceStatus | undefined;
  allowAddresses?: string[] | null | undefined;
  rateLimit?: { perSecond: number } | null | undefined;
  bodyMaxBytes?: number | undefined;
  dedupeWindowSeconds?: number | undefined;
  acceptUncovered?: boolean | undefined;
};

/** @throws Problem unknown_provider, with the names of those that are known */
export function profileOrRefuse(provider: string): ProviderProfile {
  const profile = findProfile(provider);
  if (profile !== null) return profile;
  const names = allProfiles().map(({ name }) => name);
  const meant = closestTo(provider, names);
  throw new Problem('unknown_provider', `Posthorn knows no such provider. There are: ${names.join(', ')}.`, {
    errors: [{ pointer: '/provider', message: meant === undefined ? 'is none of them' : `did you mean ${meant}?` }],
  });
}

/** The settings after a change, judged as a whole. @throws Problem invalid_request, with pointers */
export function changeSettings(profile: ProviderProfile, before: SourceSettings, change: SourceChange): SourceSettings {
  const problems: ProblemPointer[] = [];
  const after: SourceSettings = {
    name: change.name ?? before.name,
    options: changedOptions(profile, before.options, change.options, problems),
    status: change.status ?? before.status,
    allowAddresses: change.allowAddresses === undefined ? before.allowAddresses : change.allowAddresses,
    ratePerSecond: change.rateLimit === undefined ? before.ratePerSecond : (change.rateLimit?.perSecond ?? null),
    bodyMaxBytes: change.bodyMaxBytes ?? before.bodyMaxBytes,
    dedupeWindowSeconds: change.dedupeWindowSeconds ?? before.dedupeWindowSeconds,
    acceptsUncovered: change.acceptUncovered ?? before.acceptsUncovered,
  };
  for (const [index, address] of (change.allowAddresses ?? []).entries()) {
    if (parseNetwork(address) !== null) continue;
    const message = 'is neither an address nor a network; write 203.0.113.7, 203.0.113.0/24 or 2001:db8::/32';
    problems.push({ pointer: `/allowAddresses/${index}`, message });
  }
  problems.push(...windowProblems(after));
  if (problems.length > 0) {
    throw new Problem('invalid_request', 'The source cannot be set as it is; each error says where.', {
      errors: problems,
    });
  }
  return after;
}

function changedOptions(
  profile: ProviderProfile,
  before: Options,
  change: Record<string, unknown> | undefined,
  problems: ProblemPointer[],
): Options {
  const kept = currentOptions(profile.options, before);
  if (change === undefined) return kept;
  const wanted = Object.entries({ ...kept, ...change }).filter(([name, value]) => {
    return value !== null || !Object.hasOwn(profile.options, name);
  });
  const read = readOptions(profile.options, Object.fromEntries(wanted), '/options');
  const together = read.ok ? (profile.checkOptions?.(read.options) ?? []) : [];
  problems.push(...read.problems);
  problems.push(...together.map(({ option, message }) => ({ pointer: `/options/${option}`, message })));
  return read.options;
}

/** A request that is still young enough when it has been forgotten could be sent again, and would pass for a new one. */
function windowProblems({ options, dedupeWindowSeconds }: SourceSettings): ProblemPointer[] {
  return ages.flatMap((name) => {
    const ageSeconds = options[name];
    // A tolerance goes both ways: what is dated in the future by it stays acceptable for twice as long.
    const leastSeconds = typeof ageSeconds !== 'number' ? 0 : name === 'toleranceSeconds' ? 2 * ageSeconds : ageSeconds;
    if (leastSeconds <= dedupeWindowSeconds || !signsTime(options)) return [];
    const message = `must be at least ${leastSeconds}: so long may a request be acceptable (${name})`;
    return [{ pointer: '/dedupeWindowSeconds', message }];
  });
}

/** Options that say how old a request may be. */
const ages = ['maxAgeSeconds', 'toleranceSeconds'];

/** A profile may leave it to its source whether there is a signed time. */
function signsTime(options: Options): boolean {
  return options['timestampHeader'] !== '';
}

/**
 * A provider whose signature leaves the body open is only taken by someone who knows.
 * @throws Problem uncovered_body
 */
export function refuseUncovered(
  profile: ProviderProfile,
  kinds: ReadonlySet<string>,
  settings: Pick<SourceSettings, 'options' | 'acceptsUncovered'>,
): void {
  if (settings.acceptsUncovered || profile.coverageOf(kinds, settings.options) !== 'fields') return;
  const detail =
    `${profile.title} signs a few fields and not the body: everything else in it could be changed on the way, or made ` +
    'up by whoever has seen one request, and would still be verified. To take it nevertheless set acceptUncovered to ' +
    'true, and fetch what matters from the provider before you act on it.';
  throw new Problem('uncovered_body', detail, {
    errors: [{ pointer: '/acceptUncovered', message: 'must be true for this provider' }],
  });
}
