import type { Finding } from '../../finding.ts';
import { failed, listed, passed, unknown } from '../../finding.rules.ts';
import type { GatewayFacts } from '../../instruments.ts';

export type HardenedMode = Pick<
  GatewayFacts,
  'environment' | 'publicUrl' | 'logLevel' | 'allowNetworks' | 'masterKeyGiven' | 'operatorKeyGiven'
>;

const verbose: ReadonlySet<string> = new Set(['debug', 'trace']);

/** Production, with keys of its own, over https, and with nothing opened. */
export function judgeHardenedMode(facts: HardenedMode): Finding {
  const { environment, publicUrl, logLevel, allowNetworks } = facts;
  const values = { environment, publicUrl, logLevel, allowNetworks: listed(allowNetworks) };
  const faults = [
    environment !== 'production' && `the environment is ${environment}`,
    !facts.masterKeyGiven && 'the master key was made at the first start',
    !facts.operatorKeyGiven && 'the operator key was made at the first start',
    !publicUrl.startsWith('https://') && 'the public URL is not https',
    verbose.has(logLevel) && `the log level is ${logLevel}`,
    allowNetworks.some(isLoopback) && 'loopback may be reached',
    allowNetworks.some(isEverything) && 'every private network may be reached',
  ].filter((fault) => fault !== false);
  if (faults.length > 0) return failed(`Not hardened: ${faults.join('; ')}.`, values, 'posthorn doctor');
  if (allowNetworks.length > 0) {
    return unknown(`Private networks may be reached (${listed(allowNetworks)}), and no reason is on record.`, values);
  }
  return passed('Production, keys of its own, https, and nothing opened.', values);
}

function isLoopback(network: string): boolean {
  return /^127\.|^::1(?:\/|$)|^(?:::ffff:)127\./i.test(network);
}

function isEverything(network: string): boolean {
  return /\/[0-7]$/.test(network);
}
