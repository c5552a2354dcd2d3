import { nextOf, type PlanSource, type RetryBook, type Sending, type Settlement } from './retry-book.rules.ts';

/**
 * Every notification is retried for itself, after the delays given, and others go on meanwhile. What is not genuine is
 * sent once: whoever forges does not retry.
 */
export function createIndependentRetries(source: PlanSource, delaysMs: readonly number[]): RetryBook {
  let upcoming = nextOf(source);
  /** The soonest first. */
  const retries: Sending[] = [];

  return {
    next() {
      const retry = retries[0];
      if (retry !== undefined && (upcoming === null || retry.dueMs <= upcoming.dueMs)) {
        retries.shift();
        return retry;
      }
      if (upcoming === null) return null;
      const sending = { planned: upcoming, attempt: 1, dueMs: upcoming.dueMs };
      upcoming = nextOf(source);
      return sending;
    },
    settle({ planned, attempt }, acknowledged, nowMs): Settlement {
      if (acknowledged) return 'acknowledged';
      const delayMs = delaysMs[attempt - 1];
      if (planned.kind !== 'genuine' || delayMs === undefined) return 'given up';
      const dueMs = nowMs + delayMs;
      const later = retries.findIndex((each) => each.dueMs > dueMs);
      retries.splice(later === -1 ? retries.length : later, 0, { planned, attempt: attempt + 1, dueMs });
      return 'again';
    },
  };
}
