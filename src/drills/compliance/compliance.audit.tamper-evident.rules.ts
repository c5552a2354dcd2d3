import type { Finding } from '../../readiness/finding.ts';
import { counted, failed, listed, passed, unknown } from '../../readiness/finding.rules.ts';

/** What verification said of a log that somebody had tampered with: faults, and whether one names a place. */
export type Verified = { how: string; where: 'database' | 'export'; faults: number; namesPlace: boolean };
export type TamperFacts = {
  /** Of the team whose review this is, as it stands in this gateway. */
  real: { entries: number; checkpoints: number; faults: readonly string[] };
  /** The copies before anything was done to them. */
  untouchedFaults: readonly string[];
  copies: readonly Verified[];
};

const ways = 10;

/** The real chain is whole, and each way to tamper with a copy is found, with its place. */
export function judgeTampering({ real, untouchedFaults, copies }: TamperFacts): Finding {
  const overlooked = copies.filter(({ faults, namesPlace }) => faults === 0 || !namesPlace);
  const values = {
    entries: real.entries,
    checkpoints: real.checkpoints,
    tampered: copies.length,
    overlooked: overlooked.length,
  };
  if (real.faults.length > 0) {
    return failed(`The log is not whole: ${listed(real.faults)}.`, values, 'posthorn audit verify');
  }
  if (overlooked.length > 0) {
    const seen = overlooked.map(({ how, where }) => `${how} in the ${where}`);
    return failed(`Verification overlooked what was ${listed(seen)}.`, values);
  }
  if (untouchedFaults.length > 0) {
    return failed(`Verification finds fault with a log that nobody touched: ${listed(untouchedFaults)}.`, values);
  }
  if (copies.length < ways || real.entries === 0) return unknown('There was too little to verify.', values);
  return passed(
    `${counted(real.entries, 'entry', 'entries')} verified; five ways to tamper were found, in the database and in an export.`,
    values,
  );
}
