import type pg from 'pg';
import type { Clock } from '../clock.ts';
import type { Actor } from '../context.ts';
import type { ApiKeyGrant } from './api-key.store.ts';
import { findGrant } from './api-key.store.ts';

/** A key as a request meets it: `actor` is shared by its requests, `tokens` is what its rate limit has left. */
export type KnownApiKey = {
  readonly actor: Extract<Actor, { kind: 'api-key' }>;
  readonly expiresAtMs: number | null;
  tokens: number;
  tokensAtMs: number;
};

export type ApiKeyDirectory = {
  /** What is known and fresh, at once; undefined when the database has to be asked, as it always is for a member's key. */
  peek(digest: string): KnownApiKey | undefined;
  /** Whether the digest was known before, although not freshly: such a look-up is nobody's guess. */
  wasKnown(digest: string): boolean;
  /** Asks the database. Null: no key has this digest. Requests for one digest share one query, but for a member's key. */
  find(digest: string): Promise<KnownApiKey | null>;
  /** A team's keys may have changed: the next request of each asks again. */
  forgetTeam(teamId: string): void;
  /** Any key may have changed. */
  forgetAll(): void;
};

type Entry = { key: KnownApiKey; checkedAtMs: number };

const freshForMs = 30_000;
const mostKeys = 20_000;

/** @param options.clock need not be exact: it measures the 30 seconds for which an answer of the database is believed. */
export function createApiKeyDirectory(options: { database: pg.Pool; clock: Clock }): ApiKeyDirectory {
  const entries = new Map<string, Entry>();
  const asking = new Map<string, Promise<KnownApiKey | null>>();
  // Raised by every hint, so that an answer from before the hint is not taken for fresh.
  let hints = 0;

  const ask = async (digest: string): Promise<KnownApiKey | null> => {
    const hintsBefore = hints;
    const askedAtMs = options.clock.now();
    const grant = await findGrant(options.database, Buffer.from(digest, 'base64'));
    const earlier = entries.get(digest);
    entries.delete(digest);
    if (grant === null) return null;
    const key = toKey(grant, earlier?.key, askedAtMs);
    // People lose rights at once, on every node: what is known of their keys is never fresh.
    const isFresh = hints === hintsBefore && key.actor.memberId === null;
    entries.set(digest, { key, checkedAtMs: isFresh ? askedAtMs : Number.NEGATIVE_INFINITY });
    const oldest = entries.size > mostKeys ? entries.keys().next().value : undefined;
    if (oldest !== undefined) entries.delete(oldest);
    return key;
  };

  return {
    peek(digest) {
      const entry = entries.get(digest);
      return entry !== undefined && options.clock.now() - entry.checkedAtMs < freshForMs ? entry.key : undefined;
    },
    wasKnown: (digest) => entries.has(digest),
    find(digest) {
      // A query that runs already may have read what has changed since.
      if (typeof entries.get(digest)?.key.actor.memberId === 'string') return ask(digest);
      const running = asking.get(digest);
      if (running !== undefined) return running;
      const answer = ask(digest).finally(() => asking.delete(digest));
      asking.set(digest, answer);
      return answer;
    },
    forgetTeam(teamId) {
      hints += 1;
      asking.clear();
      for (const entry of entries.values()) {
        if (entry.key.actor.teamId === teamId) entry.checkedAtMs = Number.NEGATIVE_INFINITY;
      }
    },
    forgetAll() {
      hints += 1;
      asking.clear();
      for (const entry of entries.values()) entry.checkedAtMs = Number.NEGATIVE_INFINITY;
    },
  };
}

function toKey({ expiresAtMs, ...actor }: ApiKeyGrant, earlier: KnownApiKey | undefined, nowMs: number): KnownApiKey {
  return {
    actor: { kind: 'api-key', ...actor },
    expiresAtMs,
    tokens: earlier?.tokens ?? Number.POSITIVE_INFINITY,
    tokensAtMs: earlier?.tokensAtMs ?? nowMs,
  };
}
