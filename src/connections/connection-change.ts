import type pg from 'pg';
import type { Context } from '../context.ts';
import type { TargetUrlPolicy } from '../egress/target-url.rules.ts';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { Problem, type ProblemPointer } from '../problem.ts';
import { ownBudget } from '../providers/api-answers.rules.ts';
import type { ApiEnvironment, ApiProfile } from '../providers/api-profile.ts';
import { allApiProfiles, findApiProfile } from '../providers/api-registry.ts';
import type { Options } from '../providers/provider-profile.ts';
import { readOptions } from '../providers/read-options.rules.ts';
import { isProvidersHost, judgeConnectionUrl } from './connection-url.rules.ts';
import { type ConnectionSettings, type ConnectionStatus, findSourceProviders } from './connection.store.ts';
import { policyDefaults } from './policy.ts';
import { changePolicy, effectivePolicy, type PolicyChange, policyProblems } from './policy.rules.ts';

/** What use cases of connections need beside the usual: where this Posthorn is reached, and where it may call. */
export type ConnectionContext = Context & { publicUrl: () => string; targetUrlPolicy: TargetUrlPolicy };

/** What a caller gives: nothing leaves a setting as it is, null gives it its default. */
export type ConnectionChange = {
  name?: string | undefined;
  baseUrl?: string | null | undefined;
  /** True takes a host that is none of the provider's. Not stored: `baseUrl` says it. */
  selfHosted?: boolean | undefined;
  /** Options that are not named stay; null sets one to its default. */
  options?: Record<string, unknown> | undefined;
  policy?: PolicyChange | undefined;
  status?: ConnectionStatus | undefined;
  sources?: string[] | undefined;
  archive?: boolean | undefined;
};

/** @throws Problem unknown_provider, with the names of those that are known */
export function profileOrRefuse(provider: string): ApiProfile {
  const profile = findApiProfile(provider);
  if (profile !== null) return profile;
  const names = allApiProfiles().map(({ name }) => name);
  const detail = `Posthorn cannot call such a provider. There are: ${names.join(', ')}; generic calls any API.`;
  throw new Problem('unknown_provider', detail, {
    errors: [{ pointer: '/provider', message: `must be one of ${names.join(', ')}` }],
  });
}

/** The settings after a change, judged as a whole. @throws Problem invalid_request, invalid_base_url, with pointers */
export function changeSettings(
  ctx: ConnectionContext,
  account: { profile: ApiProfile; environment: ApiEnvironment },
  before: ConnectionSettings,
  change: ConnectionChange,
): ConnectionSettings {
  const { profile, environment } = account;
  const problems: ProblemPointer[] = [];
  const after: ConnectionSettings = {
    name: change.name ?? before.name,
    baseUrl: before.baseUrl,
    options: changedOptions(profile, before.options, change.options, problems),
    policy: change.policy === undefined ? before.policy : changePolicy(before.policy, change.policy),
    status: change.status ?? before.status,
    sourceIds: change.sources === undefined ? before.sourceIds : [...new Set(change.sources)],
    archive: change.archive ?? before.archive,
  };
  if (change.policy !== undefined) {
    const budgets = [...profile.budgets(environment).map(({ name }) => name), ownBudget];
    problems.push(...policyProblems(effectivePolicy(policyDefaults, after.policy), budgets));
  }
  if (problems.length > 0) {
    throw new Problem('invalid_request', 'The connection cannot be set as it is; each error says where.', {
      errors: problems,
    });
  }
  if (change.baseUrl !== undefined) after.baseUrl = judgedBaseUrl(ctx, account, change);
  return after;
}

function judgedBaseUrl(
  ctx: ConnectionContext,
  account: { profile: ApiProfile; environment: ApiEnvironment },
  { baseUrl, selfHosted }: ConnectionChange,
): string | null {
  if (baseUrl === null || baseUrl === undefined) return null;
  const place = { ...account, selfHosted: selfHosted === true, policy: ctx.targetUrlPolicy };
  const verdict = judgeConnectionUrl(baseUrl, place);
  if (verdict.ok) return verdict.url;
  throw invalidBaseUrl('Calls cannot be sent to this URL.', verdict.problem);
}

/**
 * Calls have to go somewhere: only some credentials find out where.
 * @throws Problem invalid_base_url
 */
export function refuseWithoutBaseUrl(
  { profile, environment }: { profile: ApiProfile; environment: ApiEnvironment },
  baseUrl: string | null,
  kinds: readonly string[],
): void {
  if ((baseUrl ?? profile.environments[environment].baseUrl) !== null) return;
  if (kinds.every((kind) => kind === 'docusign-jwt')) return;
  const message = `is missing: there is no ${environment} of ${profile.title} that is the same for everyone`;
  throw invalidBaseUrl('The connection does not say where calls go.', message);
}

/**
 * Whoever may change a connection need not know its credentials, and must not learn them by having them sent elsewhere.
 * The operator may move them.
 * @throws Problem invalid_base_url
 */
export function refuseMovedCredentials(
  ctx: ConnectionContext,
  { profile, environment }: { profile: ApiProfile; environment: ApiEnvironment },
  urls: { before: string | null; after: string | null },
): void {
  const before = urls.before ?? profile.environments[environment].baseUrl;
  const after = urls.after ?? profile.environments[environment].baseUrl;
  if (ctx.actor.kind === 'operator' || after === null || isProvidersHost(after, profile, environment)) return;
  if (before !== null && new URL(before).origin === new URL(after).origin) return;
  const message =
    'is another server, and stored credentials are not sent there: give the fields of each in this request';
  throw invalidBaseUrl('Stored credentials would be sent to another server.', message);
}

/** @throws Problem invalid_request, with a pointer to each that cannot be */
export async function requireSources(
  client: pg.PoolClient,
  teamId: string,
  provider: string,
  sourceIds: readonly string[],
): Promise<void> {
  if (sourceIds.length === 0) return;
  const known = sourceIds.filter((id) => isId(idPrefixes.source, id));
  const providers = await findSourceProviders(client, teamId, known);
  const errors = sourceIds.flatMap((id, index): ProblemPointer[] => {
    const of = providers.get(id);
    const pointer = `/sources/${index}`;
    if (of === undefined) return [{ pointer, message: 'is no source of this team' }];
    return of === provider ? [] : [{ pointer, message: `is a source of ${of}, and the connection is of ${provider}` }];
  });
  if (errors.length > 0) throw new Problem('invalid_request', 'A source cannot belong to the connection.', { errors });
}

function changedOptions(
  profile: ApiProfile,
  before: Options,
  change: Record<string, unknown> | undefined,
  problems: ProblemPointer[],
): Options {
  const kept = readOptions(profile.options, before, '/options').options;
  if (change === undefined) return kept;
  const wanted = Object.entries({ ...kept, ...change }).filter(([name, value]) => {
    return value !== null || !Object.hasOwn(profile.options, name);
  });
  const read = readOptions(profile.options, Object.fromEntries(wanted), '/options');
  problems.push(...read.problems);
  return read.options;
}

function invalidBaseUrl(detail: string, message: string): Problem {
  return new Problem('invalid_base_url', detail, { errors: [{ pointer: '/baseUrl', message }] });
}
