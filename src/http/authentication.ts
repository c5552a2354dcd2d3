import { timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../clock.ts';
import type { Actor } from '../context.ts';
import { isId } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import { digestOfToken, looksLikeApiKey } from '../teams/api-key.rules.ts';
import type { ApiKeyDirectory, KnownApiKey } from '../teams/api-key-directory.ts';
import { mayDo, type Permission } from '../teams/permissions.rules.ts';
import { createGuessLimit } from './guess-limit.ts';

/** What a route demands: a permission inside the team of its path, the operator key, or nothing. */
export type RoutePermission = Permission | 'operator' | 'public';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Every route declares one, or is refused when it registers. */
    permission?: RoutePermission;
    /** Writes its answers past Fastify, request id and all, and does without the hook that logs slow ones. */
    answersItself?: true;
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
  ): (request: FastifyRequest, reply: FastifyReply, proceed: (error?: Error) => void) => void;
};

const rememberedTokens = 1_000;
const operator: Actor = { kind: 'operator' };
const noKey = 'Send an API key as "Authorization: Bearer <api key>".';
const badKey = 'This API key is not known, has expired or was revoked.';

/**
 * @param options.operatorKey opens everything. Compared by digest, in constant time.
 * @param options.requestsPerSecond for each api key, with a second's worth of burst; null is no limit.
 */
export function createAuthentication(options: {
  operatorKey: string;
  apiKeys: ApiKeyDirectory;
  clock: Clock;
  requestsPerSecond: number | null;
}): Authentication {
  const { apiKeys, clock, requestsPerSecond } = options;
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

  const judgeKey = (key: KnownApiKey, request: FastifyRequest, permission: RoutePermission): Problem | undefined => {
    const nowMs = clock.now();
    if (key.expiresAtMs !== null && nowMs >= key.expiresAtMs) return unauthorized(badKey);
    if (requestsPerSecond !== null) {
      const flowed = Math.max(0, nowMs - key.tokensAtMs) * (requestsPerSecond / 1000);
      key.tokens = Math.min(requestsPerSecond, key.tokens + flowed);
      key.tokensAtMs = nowMs;
      if (key.tokens < 1) return tooManyRequests(requestsPerSecond);
      key.tokens -= 1;
    }
    const team = teamOf(request);
    // Another team's key learns nothing, not even that the team is there.
    if (team !== undefined && team !== key.actor.teamId) return noSuchTeam();
    if (permission === 'operator' || permission === 'public' || team === undefined) {
      return new Problem('forbidden', 'This takes the operator key.');
    }
    if (!mayDo(key.actor.permissions, permission)) {
      return new Problem('forbidden', `This API key does not hold the permission "${permission}".`);
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

  const check = (
    request: FastifyRequest,
    permission: RoutePermission,
  ): Problem | undefined | Promise<Problem | undefined> => {
    const token = bearerToken(request.headers.authorization);
    if (token === null) return unauthorized(noKey);
    const digest = digestOf(token);
    const known = apiKeys.peek(digest);
    if (known !== undefined) {
      if (!digests.has(token)) remember(token, digest);
      return judgeKey(known, request, permission);
    }
    if (timingSafeEqual(Buffer.from(digest, 'base64'), operatorDigest)) {
      const team = teamOf(request);
      if (team !== undefined && !isId('team', team)) return noSuchTeam();
      request.actor = operator;
      return undefined;
    }
    const key = lookUp(digest, token, request.ip);
    if (key instanceof Problem) return key;
    return key.then((found) => (found instanceof Problem ? found : judgeKey(found, request, permission)));
  };

  return {
    guard(permission) {
      if (permission === 'public') return (_request, _reply, proceed) => proceed();
      return (request, _reply, proceed) => {
        const outcome = check(request, permission);
        if (outcome instanceof Promise) outcome.then(proceed, proceed);
        else proceed(outcome);
      };
    },
  };
}

function bearerToken(header: string | undefined): string | null {
  if (header === undefined || header.length > 512 || header.slice(0, 7).toLowerCase() !== 'bearer ') return null;
  const token = header.slice(7).trim();
  return token === '' ? null : token;
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
