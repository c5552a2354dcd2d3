import type { AddressPolicy } from './address.rules.ts';
import { compileAddressPolicy } from './address.rules.ts';
import { createDeadlines } from './deadlines.ts';
import type { Destination, DestinationOptions } from './destination.ts';
import { PooledDestination } from './destination.ts';
import { EgressFailure } from './exchange-result.ts';
import type { Resolver } from './name-lookup.ts';
import { createNameLookup, systemResolver } from './name-lookup.ts';
import type { Wiring } from './open-connection.ts';
import { judgeTargetUrl } from './target-url.rules.ts';
import type { ClientTls } from './tls-contexts.ts';
import { createTlsContexts } from './tls-contexts.ts';
import type { Upstream } from './upstream.ts';
import { openUpstream } from './upstream.ts';

export type EgressOptions = {
  addressPolicy: AddressPolicy;
  requireHttps: boolean;
  /** Used for https targets. By default the proxy is told the validated address; with `resolvesNames` it is told the
   * name, and is then the only guard against names that lead inside. */
  proxy?: NonNullable<Wiring['proxy']>;
  /** CAs to trust besides the usual roots, PEM. */
  caPem?: string;
  timeouts: { dnsMs: number; connectMs: number; firstByteMs: number };
  maxResponseBytes: number;
  userAgent: string;
  resolver?: Resolver;
  /** A monotonic clock in milliseconds. */
  nowMs?: () => number;
};

/** Guarded outbound HTTP: every connection is made to an address that the policy allows. */
export type Egress = {
  /** What destinations send as `user-agent`. */
  readonly userAgent: string;
  /**
   * Prepares exchanges with one URL. Keep it as long as the endpoint lives: its connections are its own, so that a slow
   * endpoint holds up no other. A URL that the policy refuses gives a destination whose exchanges fail as `blocked`.
   */
  destination(options: { url: string; maxConnections: number; tls?: ClientTls }): Destination;
  /**
   * Prepares exchanges of any method with one origin (`https://api.example.com`), streamed both ways. Keep it as long as
   * it is used: its connections are its own. An origin that the policy refuses gives exchanges that fail as `blocked`.
   */
  upstream(options: { origin: string; maxConnections: number; tls?: ClientTls }): Upstream;
  /** Closes everything at once; exchanges under way fail as `reset`. Wait for them first to let them finish. */
  close(): Promise<void>;
};

/** Throws a RangeError when the address policy cannot be read. */
export function createEgress(options: EgressOptions): Egress {
  const nowMs = options.nowMs ?? (() => performance.now());
  const { timeouts, maxResponseBytes, userAgent } = options;
  const wiring: Wiring = {
    addressPolicy: compileAddressPolicy(options.addressPolicy),
    lookUp: createNameLookup({ resolver: options.resolver ?? systemResolver, timeoutMs: timeouts.dnsMs, nowMs }),
    tlsContexts: createTlsContexts(options.caPem),
    proxy: options.proxy ?? null,
    connectMs: timeouts.connectMs,
    nowMs,
  };
  const deadlines = createDeadlines(nowMs);
  const destinations = new Set<PooledDestination>();
  const upstreams = new Set<Upstream>();
  const urlPolicy = { requireHttps: options.requireHttps, addressPolicy: wiring.addressPolicy };

  function placeOf(text: string, tls: ClientTls | undefined): DestinationOptions['place'] {
    const verdict = judgeTargetUrl(text, urlPolicy);
    if (!verdict.ok) return new EgressFailure('blocked', `the URL ${verdict.reason}`);
    const { url } = verdict;
    const secure = url.protocol === 'https:';
    const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
    const hostname = url.hostname.replace(/^\[|\]$/g, '');
    const target = { hostname, port, secure, tls, sessions: { session: undefined } };
    return { origin: url.origin, path: `${url.pathname}${url.search}`, target };
  }

  return {
    userAgent,
    destination({ url, maxConnections, tls }) {
      const destination = new PooledDestination({
        wiring,
        deadlines,
        place: placeOf(url, tls),
        maxConnections,
        firstByteTimeoutMs: timeouts.firstByteMs,
        maxResponseBytes,
        userAgent,
        onClosed: (closed) => destinations.delete(closed),
      });
      destinations.add(destination);
      return destination;
    },
    upstream({ origin, maxConnections, tls }) {
      const upstream = openUpstream({
        wiring,
        deadlines,
        place: placeOf(origin, tls),
        maxConnections,
        onClosed: () => upstreams.delete(upstream),
      });
      upstreams.add(upstream);
      return upstream;
    },
    async close() {
      for (const upstream of upstreams) upstream.abort();
      await Promise.all([...destinations].map((destination) => destination.abort()));
    },
  };
}
