import { timingSafeEqual } from 'node:crypto';
import type { FastifyContextConfig, FastifyReply, FastifyRequest } from 'fastify';
import type { AccessAudit, AccessRequest } from '../audit/access-audit.ts';
import type { Clock } from '../clock.ts';
import type { Actor } from '../context.ts';
import { isId } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import { digestOfToken, looksLikeApiKey } from '../teams/api-key.rules.ts';
import type { ApiKeyDirectory, KnownApiKey } from '../teams/api-key-directory.ts';
import type { ApiKeyUse } from '../teams/api-key-use.ts';
import { mayDo, type Permission } from '../teams/permissions.rules.ts';
import { tokenOfAuthorization, tokenOfProviderHeaders } from './request-token.rules.ts';
import { callerAddress } from './caller-address.rules.ts';
import { createGuessLimit } from './guess-limit.ts';

/** What a route demands: a permission inside the team of its path, the operator key, or nothing. */
export type RoutePermission = Permission | 'operator' | 'public';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Every route declares one, or is refused when it registers. */
    permission?: RoutePermission;
    /** Writes its answers past Fastify, request id and all, and does without the hook that logs slow ones. */
    answersItself?: true;
    /** No team is in its path: it is the key's own, and the route looks after what the key may reach there. */
    teamOfKey?: true;
    /** The key may stand where a provider's own client puts the provider's. */
    providerHeaders?: true;
    /** Its body takes as long as it takes: the route has limits of its own. */
    streamsBody?: true;
    /** Statuses of problems that it answers beside those that follow from what it takes, for its documentation. */
    problems?: readonly number[];
  }
  interface FastifyRequest {
    /** Who acts; null on public routes. */
    actor: Actor | null;
  }
}

export type Authentication = {
  /** Lets a request through to its route or answers why not. Synchronous for a key that is known. */
  guard(
    permission: RoutePermission,
    options?: Pick<FastifyContextConfig, 'teamOfKey' | 'providerHeaders'>,
  ): (request: FastifyRequest, reply: FastifyReply, proceed: (error?: Error) => void) => void;
};

type GuardedRoute = { permission: RoutePermission; teamOfKey: boolean; providerHeaders: boolean };

const rememberedTokens = 1_000;
const operator: Actor = { kind: 'operator' };
const noKey = 'Send an API key as "Authorization: Bearer <api key>".';
const noKeyForProvider =
  'Send an API key where the provider\'s key would be: "Authorization: Bearer <api key>", "X-API-Key: <api key>" or "posthorn-key: <api key>".';
const badKey = 'This API key is not known, has expired or was revoked.';

/**
 * @param options.operatorKey opens everything. Compared by digest, in constant time.
 * @param options.access what records refusals, before they are answered, and first uses of keys.
 * @param options.apiKeyUse what notes when keys were used last.
 * @param options.requestsPerSecond for each api key, with a second's worth of burst; null is no limit.
 */
export function createAuthentication(options: {
  operatorKey: string;
  apiKeys: ApiKeyDirectory;
  clock: Clock;
  requestsPerSecond: number | null;
  access?: Pick<AccessAudit, 'refused' | 'used'>;
  apiKeyUse?: Pick<ApiKeyUse, 'used'>;
}): Authentication {
  const { apiKeys, clock, requestsPerSecond, access, apiKeyUse } = options;
  const operatorDigest = Buffer.from(digestOfToken(options.operatorKey), 'base64');
  const guesses = createGuessLimit(clock);

  /** Asks the database, when the token is one that it could know and the address may ask. */
  const lookUp = (digest: string, token: string, address: string): Problem | Promise<KnownApiKey | Problem> => {
    if (!looksLikeApiKey(token)) return guesses.count(address) ? unauthorized(badKey) : tooManyGuesses();
    if (!apiKeys.wasKnown(digest) && !guesses.allows(address)) return tooManyGuesses();
    return apiKeys.find(digest).then((found) => {
      if (found !== null) return found;
      guesses.count(address);
      return unauthorized(badKey);
    });
  };

  /** The refusal of a key that is known, once it is on record. */
  const refuse = async (key: KnownApiKey, request: FastifyRequest, problem: Problem): Promise<Problem> => {
    const team = teamOf(request);
    const isForeign = team !== undefined && team !== key.actor.teamId && isId('team', team);
    const why = { code: problem.code, ...(isForeign ? { foreignTeam: team } : {}) };
    await access?.refused(key.actor, accessOf(request), why);
    return problem;
  };

  const judgeKey = (
    key: KnownApiKey,
    request: FastifyRequest,
    route: GuardedRoute,
  ): Problem | undefined | Promise<Problem> => {
    const { permission } = route;
    const nowMs = clock.now();
    if (key.expiresAtMs !== null && nowMs >= key.expiresAtMs) return refuse(key, request, unauthorized(badKey));
    access?.used(key.actor, () => accessOf(request));
    apiKeyUse?.used(key.actor);
    if (requestsPerSecond !== null) {
      const flowed = Math.max(0, nowMs - key.tokensAtMs) * (requestsPerSecond / 1000);
      key.tokens = Math.min(requestsPerSecond, key.tokens + flowed);
      key.tokensAtMs = nowMs;
      if (key.tokens < 1) return tooManyRequests(requestsPerSecond);
      key.tokens -= 1;
    }
    const team = teamOf(request);
    // Another team's key learns nothing, not even that the team is there.
    if (team !== undefined && team !== key.actor.teamId) return refuse(key, request, noSuchTeam());
    if (permission === 'operator' || permission === 'public' || (team === undefined && !route.teamOfKey)) {
      return refuse(key, request, new Problem('forbidden', 'This takes the operator key.'));
    }
    if (!holds(key.actor.permissions, permission)) {
      const detail = `This API key does not hold the permission "${permission}".`;
      return refuse(key, request, new Problem('forbidden', detail));
    }
    request.actor = key.actor;
    return undefined;
  };

  // The digest of a token that was a known key lately: hashing would cost more than everything else here.
  const digests = new Map<string, string>();
  const digestOf = (token: string): string => digests.get(token) ?? digestOfToken(token);
  const remember = (token: string, digest: string): void => {
    if (digests.size >= rememberedTokens) digests.clear();
    digests.set(token, digest);
  };

  const check = (request: FastifyRequest, route: GuardedRoute): Problem | undefined | Promise<Problem | undefined> => {
    const { headers } = request;
    const token = route.providerHeaders ? tokenOfProviderHeaders(headers) : tokenOfAuthorization(headers.authorization);
    if (token === null) return unauthorized(route.providerHeaders ? noKeyForProvider : noKey);
    const digest = digestOf(token);
    const known = apiKeys.peek(digest);
    if (known !== undefined) {
      if (!digests.has(token)) remember(token, digest);
      return judgeKey(known, request, route);
    }
    if (timingSafeEqual(Buffer.from(digest, 'base64'), operatorDigest)) {
      const team = teamOf(request);
      if (team !== undefined && !isId('team', team)) return noSuchTeam();
      request.actor = operator;
      return undefined;
    }
    const key = lookUp(digest, token, callerAddress(request.ip));
    if (key instanceof Problem) return key;
    return key.then((found) => (found instanceof Problem ? found : judgeKey(found, request, route)));
  };

  return {
    guard(permission, options = {}) {
      if (permission === 'public') return (_request, _reply, proceed) => proceed();
      const { teamOfKey = false, providerHeaders = false } = options;
      const route = { permission, teamOfKey, providerHeaders };
      return (request, _reply, proceed) => {
        const outcome = check(request, route);
        if (outcome instanceof Promise) outcome.then(proceed, proceed);
        else proceed(outcome);
      };
    },
  };
}

/** Who may call some connections only passes here: which ones is for the route to say. */
function holds(permissions: ReadonlySet<string>, needed: Permission): boolean {
  if (mayDo(permissions, needed)) return true;
  if (needed !== 'connections:call') return false;
  for (const permission of permissions) if (permission.startsWith('connections:call:')) return true;
  return false;
}

/** A request as the audit log names it: by the pattern of its path, in which nobody can write anything. */
export function accessOf(request: FastifyRequest): AccessRequest {
  const { method, routeOptions, ip, id } = request;
  return { route: `${method} ${routeOptions.url ?? ''}`, address: ip, requestId: id };
}

function teamOf(request: FastifyRequest): string | undefined {
  return (request.params as { team?: string } | undefined)?.team;
}

function unauthorized(detail: string): Problem {
  return new Problem('unauthorized', detail);
}

function noSuchTeam(): Problem {
  return new Problem('not_found', 'There is no such team.');
}

function tooManyGuesses(): Problem {
  const detail = 'Too many unknown API keys came from this address; wait a little.';
  return new Problem('rate_limited', detail, { retryAfterSeconds: 1 });
}

function tooManyRequests(perSecond: number): Problem {
  return new Problem('rate_limited', `This API key may make ${perSecond} requests a second.`, { retryAfterSeconds: 1 });
}
