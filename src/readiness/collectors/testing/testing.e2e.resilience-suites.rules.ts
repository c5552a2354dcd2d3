import type { ExchangeError } from '../../../egress/exchange-result.ts';
import type { ReleaseFacts } from '../../../release/release-facts.ts';
import type { Finding } from '../../finding.ts';
import { counted, failed, passed } from '../../finding.rules.ts';
import { judgePart } from '../manifest.rules.ts';
import { faultOfSuite } from './suites.rules.ts';

const errors: readonly ExchangeError[] = ['dns', 'tls', 'connect', 'timeout', 'reset', 'blocked', 'http'];
const suites: Readonly<Record<string, readonly string[]>> = {
  retries: ['attempt 1', 'attempt 2', 'attempt 3', 'attempt 4', 'attempt 5', 'exhausted'],
  errors,
  repeats: ['one after another', 'at once', 'after a restart'],
};

/** Retries were tested to their end, every kind of error, and repeats of every sort. */
export function judgeResilience(facts: ReleaseFacts): Finding {
  return judgePart(facts, 'suites', ({ cases }) => {
    const wanted = Object.values(suites).flat().length;
    const faults = Object.entries(suites).flatMap(([suite, names]) => faultOfSuite(cases, suite, names) ?? []);
    const values = { suites: Object.keys(suites).length, cases: wanted };
    if (faults.length > 0) return failed(faults.join(' '), values);
    return passed(`${counted(wanted, 'case')} of retries, errors and repeats.`, values);
  });
}
