import type pg from 'pg';
import {
  type BudgetUse,
  readBudgetUse,
  readLastEventAt,
  readRecentCalls,
  type RecentCall,
} from './call-history.store.ts';

/** What was called lately, and what a provider told of since: for guards and budgets of a process that just started. */
export type CallHistory = {
  /** Counted GETs through a connection since a moment that may have reached the provider, oldest first. */
  recentCalls(connectionId: string, sinceMs: number): Promise<RecentCall[]>;
  /** Requests through a connection since a moment, retries included, by what they were. */
  budgetUse(connectionId: string, sinceMs: number): Promise<BudgetUse[]>;
  /** When the newest event about a subject was accepted from one of the sources, since a moment; null: none. */
  lastEventAt(teamId: string, sourceIds: readonly string[], subject: string, sinceMs: number): Promise<number | null>;
  /** Whether an event of one of these types, among the newest of the sources, was about the subject. */
  isCompleted(
    teamId: string,
    sourceIds: readonly string[],
    subject: string,
    eventTypes: readonly string[],
  ): Promise<boolean>;
};

/** An hour of the fastest provider's limit, and more than a quarter of an hour of any. */
const mostCalls = 50_000;
/** Events of one source that one question looks at: a hundred a second for a quarter of an hour, 40 ms without an index. */
const mostEvents = 100_000;

export function createCallHistory(database: pg.Pool): CallHistory {
  return {
    recentCalls: (connectionId, sinceMs) => readRecentCalls(database, { connectionId, sinceMs, most: mostCalls }),
    budgetUse: (connectionId, sinceMs) => readBudgetUse(database, { connectionId, sinceMs, most: mostCalls }),
    async lastEventAt(teamId, sourceIds, subject, sinceMs) {
      if (sourceIds.length === 0) return null;
      return readLastEventAt(database, { teamId, sourceIds, subject, sinceMs, most: mostEvents, types: null });
    },
    async isCompleted(teamId, sourceIds, subject, types) {
      if (sourceIds.length === 0 || types.length === 0) return false;
      const input = { teamId, sourceIds, subject, sinceMs: 0, most: mostEvents, types };
      return (await readLastEventAt(database, input)) !== null;
    },
  };
}
