/** Headers of an answer that tell of limits, as the ledger keeps them. Null when there are none. */
export function rateHeadersOf(flat: readonly string[]): Map<string, string> | null {
  let found: Map<string, string> | null = null;
  for (let index = 0; index + 1 < flat.length; index += 2) {
    const name = flat[index] as string;
    if (!isRateHeader(name)) continue;
    found ??= new Map();
    if (found.size < mostHeaders && !found.has(name))
      found.set(name, (flat[index + 1] as string).slice(0, longestValue));
  }
  return found;
}

/** The first value of a header; null when it is not there. */
export function headerOf(flat: readonly string[], name: string): string | null {
  for (let index = 0; index + 1 < flat.length; index += 2) if (flat[index] === name) return flat[index + 1] as string;
  return null;
}

/** Every header with its first value. */
export function headersByName(flat: readonly string[]): Map<string, string> {
  const named = new Map<string, string>();
  for (let index = 0; index + 1 < flat.length; index += 2) {
    const name = flat[index] as string;
    if (!named.has(name)) named.set(name, flat[index + 1] as string);
  }
  return named;
}

const mostHeaders = 16;
const longestValue = 200;

function isRateHeader(name: string): boolean {
  return (
    name === 'retry-after' || name.includes('ratelimit') || name.includes('burstlimit') || name.includes('rate-limit')
  );
}
