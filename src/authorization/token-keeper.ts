import type { Clock } from '../clock.ts';
import { CredentialError } from './authorizer.ts';
import { type TokenLife, waitAfterFailureMs } from './token-life.rules.ts';

/** A token of one credential, and where the account lives if that came with it. */
export type Token = { token: string; baseUrl: string | null; life: TokenLife };

export type TokenKeeper = {
  /** At once while there is one; of many callers one fetches. Throws, or rejects with, a CredentialError. */
  get(): Token | Promise<Token>;
  /** The provider answered 401 to it. True when `get` may give another one. */
  refused(token: string): boolean;
};

const consentPauseMs = 30_000;
/** A token that replaced a refused one and is refused itself within this time: another would be refused as well. */
const provenAfterMs = 30_000;

/**
 * Keeps one token: renewed early, beside the calls that still use it, and fetched by one however many want it. A
 * failure is remembered for a growing while, so that a dead server is asked seldom.
 * @param fetch rejects with a CredentialError
 * @param onError of renewals that nobody waits for
 */
export function createTokenKeeper({
  fetch,
  clock,
  onError,
}: {
  fetch: () => Promise<Token>;
  clock: Clock;
  onError: (error: CredentialError) => void;
}): TokenKeeper {
  let kept: Token | null = null;
  let fetching: Promise<Token> | null = null;
  let failure: { error: CredentialError; count: number; untilMs: number } | null = null;
  let replacesRefusedSinceMs: number | null = null;
  let wasRefused = false;

  async function renew(): Promise<Token> {
    const replaces = wasRefused;
    try {
      const token = await fetch();
      kept = token;
      failure = null;
      replacesRefusedSinceMs = replaces || wasRefused ? clock.now() : null;
      wasRefused = false;
      return token;
    } catch (error) {
      const known = asCredentialError(error);
      const count = (failure?.count ?? 0) + 1;
      const pauseMs =
        known.code === 'consent_required' ? consentPauseMs : waitAfterFailureMs(count, known.retryAfterMs);
      failure = { error: known, count, untilMs: clock.now() + pauseMs };
      throw withWait(known, pauseMs);
    } finally {
      fetching = null;
    }
  }

  return {
    get() {
      const nowMs = clock.now();
      const pauses = failure !== null && nowMs < failure.untilMs;
      if (kept !== null && nowMs < kept.life.usableUntilMs) {
        if (nowMs >= kept.life.renewFromMs && fetching === null && !pauses) {
          fetching = renew();
          fetching.catch((error: unknown) => onError(asCredentialError(error)));
        }
        return kept;
      }
      if (fetching !== null) return fetching;
      if (failure !== null && pauses) throw withWait(failure.error, failure.untilMs - nowMs);
      fetching = renew();
      return fetching;
    },
    refused(token) {
      if (kept === null || kept.token !== token) return true;
      const isYoung = replacesRefusedSinceMs !== null && clock.now() - replacesRefusedSinceMs < provenAfterMs;
      if (isYoung) return false;
      kept = null;
      wasRefused = true;
      return true;
    },
  };
}

function withWait(error: CredentialError, waitMs: number): CredentialError {
  return new CredentialError(error.code, error.message, { retryAfterMs: Math.max(1, Math.ceil(waitMs)) });
}

function asCredentialError(error: unknown): CredentialError {
  if (error instanceof CredentialError) return error;
  // Nothing of an unexpected error is shown: it may quote what it failed at.
  return new CredentialError('unusable', 'the credential could not be used; this is a defect of Posthorn');
}
