import type { ReleaseParts } from '../../src/release/manifest-schema.ts';
import { timedSchemes } from './constant-time.ts';
import { findComparisons, lintFindsPlanted } from './scan-code.ts';
import { compareTimes } from './welch.ts';

/**
 * Times mismatches at the first byte against as many at the last one, for the scheme of every provider.
 * @param mismatches at each end; the release takes 200,000
 */
export async function measureConstantTime(
  root: string,
  mismatches: number,
  say: (line: string) => void,
): Promise<ReleaseParts['constantTime']> {
  const schemes: { scheme: string; t: number }[] = [];
  for (const { scheme, verify, spoiled } of await timedSchemes()) {
    const t = compareTimes((which) => spoiled(which === 0 ? 'first' : 'last'), verify, mismatches, Math.random);
    schemes.push({ scheme, t: Math.round(t * 100) / 100 });
    say(`${scheme}: t ${t.toFixed(2)}`);
  }
  return {
    status: 'measured',
    mismatches,
    schemes,
    outside: findComparisons(root),
    lintFoundPlanted: lintFindsPlanted(),
  };
}
