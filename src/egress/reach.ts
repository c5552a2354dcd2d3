import { compileAddressPolicy } from './address.rules.ts';
import { createEgress, type Egress } from './create-egress.ts';
import type { Proxy, ProxyBypass } from './proxy.rules.ts';
import type { TargetUrlPolicy } from './target-url.rules.ts';

/** What the operator decides about where requests may go, and how they get there. */
type ReachSettings = {
  environment: 'development' | 'production';
  allowNetworks: readonly string[];
  proxy: { to: Proxy; bypass: ProxyBypass; resolvesNames: boolean } | null;
  caPem: string | null;
};

// What an endpoint may be: judged when it is made, and again on every connection.
function reachOf(settings: ReachSettings) {
  const addressPolicy = {
    allowLoopback: settings.environment === 'development',
    allowedNetworks: settings.allowNetworks,
  };
  return { addressPolicy, requireHttps: settings.environment === 'production' };
}

/** What an endpoint's URL is judged by when it is made. */
export function targetUrlPolicyOf(settings: ReachSettings): TargetUrlPolicy {
  const { addressPolicy, requireHttps } = reachOf(settings);
  return { addressPolicy: compileAddressPolicy(addressPolicy), requireHttps };
}

/** The guarded HTTP client: every connection is judged by the same. */
export function openEgress(settings: ReachSettings, version: string): Egress {
  return createEgress({
    ...reachOf(settings),
    ...(settings.proxy === null ? {} : { proxy: settings.proxy }),
    ...(settings.caPem === null ? {} : { caPem: settings.caPem }),
    timeouts: { dnsMs: 5_000, connectMs: 10_000, firstByteMs: 300_000 },
    maxResponseBytes: 64 * 1024,
    userAgent: `Posthorn/${version}`,
  });
}
