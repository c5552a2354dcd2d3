/** A token without a word on its life is renewed often; RFC 6749 section 4.2.2 leaves its life to the server. */
const unsaidLifeMs = 300_000;
const longestLifeMs = 30 * 86_400_000;

/** When a token is renewed in the background, and until when it is used at all. Unix milliseconds. */
export type TokenLife = { renewFromMs: number; usableUntilMs: number };

/**
 * Counts from the moment the token was asked for, since that is the earliest at which its life can have begun.
 * @param expiresIn seconds, as the server says it; null or nonsense when it does not.
 */
export function tokenLife(expiresIn: number | null, askedAtMs: number): TokenLife {
  const saidMs = expiresIn === null || !(expiresIn > 0) ? unsaidLifeMs : expiresIn * 1000;
  const lifeMs = Math.min(saidMs, longestLifeMs);
  return {
    renewFromMs: askedAtMs + Math.max(0.8 * lifeMs, lifeMs - 60_000),
    // A request takes a while to arrive: it must not be too late there.
    usableUntilMs: askedAtMs + lifeMs - Math.min(10_000, 0.1 * lifeMs),
  };
}

const firstWaitMs = 1_000;
const longestWaitMs = 30_000;
const longestSaidWaitMs = 300_000;

/**
 * How long nothing is asked after so many failures in a row.
 * @param saidMs what the server asks for; taken up to five minutes.
 */
export function waitAfterFailureMs(failures: number, saidMs: number | null): number {
  const ownMs = Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(failures - 1, 10));
  return Math.max(ownMs, Math.min(saidMs ?? 0, longestSaidWaitMs));
}
