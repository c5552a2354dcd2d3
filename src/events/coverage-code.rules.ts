import type { Coverage } from '../providers/provider-profile.ts';

/** By their code in the database; no code is an event without a source. */
const coverages: readonly (Coverage | undefined)[] = [undefined, 'body', 'sender', 'fields'];

/** What the `coverage` column of an event holds. */
export function encodeCoverage(coverage: Coverage): number {
  return coverages.indexOf(coverage);
}

/** A code that this release does not know proves no more than the weakest. */
export function decodeCoverage(code: number | null): Coverage {
  return coverages[code ?? 0] ?? 'fields';
}
