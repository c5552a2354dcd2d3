import type { Socket } from 'node:net';
import { isIP } from 'node:net';
import type { CompiledAddressPolicy } from './address.rules.ts';
import { judgeAddress } from './address.rules.ts';
import { dial } from './dial.ts';
import type { ConnectionTiming } from './exchange-result.ts';
import { EgressFailure } from './exchange-result.ts';
import type { NameLookup } from './name-lookup.ts';
import type { Proxy, ProxyBypass } from './proxy.rules.ts';
import { bypassesProxy } from './proxy.rules.ts';
import { openTunnel } from './proxy-tunnel.ts';
import { secure } from './secure.ts';
import type { ClientTls, TlsContexts } from './tls-contexts.ts';

/** What all connections of the process share. */
export type Wiring = {
  addressPolicy: CompiledAddressPolicy;
  lookUp: NameLookup;
  tlsContexts: TlsContexts;
  proxy: { to: Proxy; bypass: ProxyBypass; resolvesNames: boolean } | null;
  connectMs: number;
  nowMs: () => number;
};

/** Where one destination's connections lead. `hostname` is without brackets. */
export type Target = {
  hostname: string;
  port: number;
  secure: boolean;
  tls: ClientTls | undefined;
  sessions: { session: Buffer | undefined };
};

const mostTunnels = 3;

/**
 * Opens one connection: resolve, judge every address, connect to one that was judged, and speak TLS with the name.
 * Nothing is remembered between connections, so each is judged anew. `timing` is filled in as the parts pass; `abort`
 * gives up. Rejects with an EgressFailure.
 */
export async function openConnection(
  wiring: Wiring,
  target: Target,
  timing: ConnectionTiming,
  abort: AbortController,
): Promise<Socket> {
  const { nowMs } = wiring;
  // First of all, because it may fail and nothing is open yet.
  const context = target.secure ? wiring.tlsContexts(target.tls) : null;
  const proxy = target.secure ? proxyFor(wiring, target) : null;
  const addresses = await targetAddresses(wiring, target, timing, proxy?.resolvesNames === true);
  abort.signal.throwIfAborted();
  const to = proxy === null ? `port ${target.port}` : `the server through ${called(proxy.to)}`;
  let late = `connecting to ${to} took longer than ${wiring.connectMs} ms`;
  const deadline = setTimeout(() => abort.abort(new EgressFailure('timeout', late)), wiring.connectMs);
  try {
    const connectingSince = nowMs();
    const socket =
      proxy === null
        ? await dial(addresses, target.port, abort.signal)
        : await tunnelTo(wiring, proxy.to, addresses, target.port, abort.signal);
    timing.connectMs = nowMs() - connectingSince;
    if (context === null) return socket;
    late = `the server took the connection, but did not finish the TLS handshake within ${wiring.connectMs} ms`;
    const securingSince = nowMs();
    const { hostname, sessions } = target;
    const tlsSocket = await secure(socket, { hostname, context, sessions, signal: abort.signal });
    timing.tlsMs = nowMs() - securingSince;
    return tlsSocket;
  } finally {
    clearTimeout(deadline);
  }
}

/** The addresses that may be connected to; forbidden ones among them are left out, and none left is a refusal. */
async function targetAddresses(
  wiring: Wiring,
  target: Target,
  timing: ConnectionTiming,
  proxyResolves: boolean,
): Promise<string[]> {
  const { hostname } = target;
  const literal = isIP(hostname) !== 0;
  if (proxyResolves && !literal) return [hostname];
  const resolvingSince = wiring.nowMs();
  let found = [hostname];
  if (!literal) {
    try {
      found = await wiring.lookUp(hostname);
    } finally {
      timing.dnsMs = wiring.nowMs() - resolvingSince;
    }
  }
  const allowed = found.filter((address) => judgeAddress(address, wiring.addressPolicy).allowed);
  // Which private address a name has is nobody's business outside, so the message keeps it back.
  if (allowed.length === 0) {
    throw new EgressFailure('blocked', `${hostname} leads to an address that requests may not be sent to`);
  }
  return allowed;
}

function proxyFor(wiring: Wiring, target: Target): Wiring['proxy'] {
  const { proxy } = wiring;
  return proxy === null || bypassesProxy(target.hostname, target.port, proxy.bypass) ? null : proxy;
}

/** The proxy is the operator's own, so its address is not judged. It is told the address that was. */
async function tunnelTo(
  wiring: Wiring,
  proxy: Proxy,
  hosts: readonly string[],
  port: number,
  signal: AbortSignal,
): Promise<Socket> {
  const proxyAddresses = isIP(proxy.hostname) === 0 ? await wiring.lookUp(proxy.hostname) : [proxy.hostname];
  let lastError: unknown = new EgressFailure('connect', 'there is no address to connect to');
  for (const host of hosts.slice(0, mostTunnels)) {
    const plain = await dial(proxyAddresses, proxy.port, signal, called(proxy));
    const socket = proxy.secure ? await secureProxy(wiring, proxy, plain, signal) : plain;
    try {
      return await openTunnel(socket, proxy, { host, port }, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      lastError = error;
    }
  }
  throw lastError;
}

async function secureProxy(wiring: Wiring, proxy: Proxy, socket: Socket, signal: AbortSignal): Promise<Socket> {
  const context = wiring.tlsContexts(undefined);
  try {
    return await secure(socket, { hostname: proxy.hostname, context, sessions: { session: undefined }, signal });
  } catch (error) {
    if (!(error instanceof EgressFailure) || error.error !== 'tls') throw error;
    throw new EgressFailure('tls', `with ${called(proxy)}, ${error.message}`);
  }
}

/** Teams read it: whose proxy it is, and where to look, but not its name. */
function called({ port }: Proxy): string {
  return `the gateway's proxy at port ${port} (HTTPS_PROXY)`;
}
