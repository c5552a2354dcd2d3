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
    const [first, last] = [copiesOf(() => spoiled('first')), copiesOf(() => spoiled('last'))];
    const t = compareTimes(
      () => verify(first()),
      () => verify(last()),
      mismatches,
      Math.random,
    );
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

/** Copies in turn, so that where one lies in memory is not taken for what it says. */
function copiesOf<Copy>(make: () => Copy): () => Copy {
  const copies = Array.from({ length: 64 }, make);
  let next = 0;
  return () => copies[next++ % copies.length] as Copy;
}
