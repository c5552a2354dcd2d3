import type { Finding } from '../../finding.ts';
import { failed, listed, passed } from '../../finding.rules.ts';

export type DatabaseUpkeep = {
  /** Days for which partitions are made, from tomorrow on without a gap, of the table that has the fewest. */
  daysAhead: number;
  /** Partitions of days that no team's retention reaches any more, by more than two days. */
  expiredPartitions: readonly string[];
  /** Large tables, by name: those with too many dead rows, and those without recent statistics. */
  bloated: readonly string[];
  unanalyzed: readonly string[];
  /** How much of the way to wraparound the oldest transaction is. */
  transactionAgePercent: number;
  invalidIndexes: readonly string[];
};

/** A week is made ahead; the newest of its days comes within the hour after midnight. */
const leastDaysAhead = 6;
const mostAgePercent = 50;

/** Partitions stand ahead, old ones are gone, and PostgreSQL's own upkeep keeps up. */
export function judgeUpkeep(facts: DatabaseUpkeep): Finding {
  const { daysAhead, expiredPartitions, bloated, unanalyzed, transactionAgePercent, invalidIndexes } = facts;
  const values = {
    daysAhead,
    expiredPartitions: expiredPartitions.length,
    tablesWithDeadRows: bloated.length,
    tablesWithoutStatistics: unanalyzed.length,
    transactionAgePercent,
    invalidIndexes: invalidIndexes.length,
  };
  const faults = [
    daysAhead < leastDaysAhead && `partitions stand ${daysAhead} days ahead, not ${leastDaysAhead}`,
    expiredPartitions.length > 0 && `past their days: ${listed(expiredPartitions)}`,
    bloated.length > 0 && `over 20 % dead rows in ${listed(bloated)}`,
    unanalyzed.length > 0 && `no statistics of 7 days for ${listed(unanalyzed)}`,
    transactionAgePercent >= mostAgePercent && `transactions are ${transactionAgePercent} % of the way to wraparound`,
    invalidIndexes.length > 0 && `invalid: ${listed(invalidIndexes)}`,
  ].filter((fault) => fault !== false);
  if (faults.length === 0) return passed(`Partitions stand ${daysAhead} days ahead, and upkeep keeps up.`, values);
  const command = daysAhead < leastDaysAhead ? 'SELECT make_day_partitions(7)' : 'VACUUM (ANALYZE)';
  return failed(`Upkeep is behind: ${faults.join('; ')}.`, values, command);
}
