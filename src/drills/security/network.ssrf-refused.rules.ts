import type { Finding } from '../../readiness/finding.ts';
import { counted, failed, listed, passed, unknown } from '../../readiness/finding.rules.ts';

export type SsrfFacts = {
  /** URLs that were entered, as what, and what that was answered. */
  entered: readonly { url: string; as: 'endpoint' | 'connection'; status: number; code: string }[];
  /** Names that were met on the way, and how it ended: a kind of error, or a status. */
  met: readonly { name: string; as: 'endpoint' | 'connection'; isHarmless: boolean; ended: string }[];
  /** Connections to what listens inside. */
  canaryReached: number;
  /** Requests to the one address that may be reached: otherwise nothing went out at all. */
  decoyReached: number;
};

const documented = { endpoint: 'invalid_url', connection: 'invalid_base_url' } as const;
const fewestUrls = 40;

/** Nothing inside was reached, and each way there was refused as documented. */
export function judgeSsrf({ entered, met, canaryReached, decoyReached }: SsrfFacts): Finding {
  const values = { urls: entered.length, names: met.length, canaryReached, decoyReached };
  if (canaryReached > 0) return failed(`What listens inside was reached ${counted(canaryReached, 'time')}.`, values);
  const taken = entered.filter(({ status, code, as }) => status !== 422 || code !== documented[as]);
  if (taken.length > 0) {
    const seen = taken.map(({ url, as, status }) => `${url} as ${as === 'endpoint' ? 'an' : 'a'} ${as} (${status})`);
    return failed(`These were not refused as documented: ${listed(seen)}.`, values);
  }
  const let_ = met.filter(({ isHarmless, ended }) => !isHarmless && !['blocked', 'dns'].includes(ended));
  if (let_.length > 0) {
    const seen = let_.map(
      ({ name, as, ended }) => `${name} by ${as === 'endpoint' ? 'a delivery' : 'a call'} (${ended})`,
    );
    return failed(`These names were not refused: ${listed(seen)}.`, values);
  }
  if (decoyReached === 0) return unknown('Not even what may be reached was reached.', values);
  if (entered.length < fewestUrls) return unknown(`Only ${entered.length} URLs were tried.`, values);
  return passed(
    `${entered.length} URLs and ${met.length} names that lead inside were refused; nothing was reached.`,
    values,
  );
}
