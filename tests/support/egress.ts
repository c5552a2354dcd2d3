import type { EgressOptions } from '../../src/egress/create-egress.ts';
import { createEgress } from '../../src/egress/create-egress.ts';
import type { Destination } from '../../src/egress/destination.ts';
import type { ExchangeFailure, ExchangeResponse, ExchangeResult } from '../../src/egress/exchange-result.ts';

/** An egress for tests: loopback allowed, every name leads to 127.0.0.1, generous timeouts. */
export function createTestEgress(options: Partial<EgressOptions> = {}) {
  return createEgress({
    addressPolicy: { allowLoopback: true, allowedNetworks: [] },
    requireHttps: false,
    timeouts: { dnsMs: 5000, connectMs: 5000, firstByteMs: 5000 },
    maxResponseBytes: 65_536,
    userAgent: 'posthorn-test',
    resolver: () => Promise.resolve(['127.0.0.1']),
    ...options,
  });
}

export function post(destination: Destination, timeoutMs = 5000, body = 'hello'): Promise<ExchangeResult> {
  return new Promise((resolve) => {
    destination.post(['content-type', 'text/plain'], Buffer.from(body), timeoutMs, resolve);
  });
}

/** The response, or an error that shows the failure. */
export async function answered(result: Promise<ExchangeResult>): Promise<ExchangeResponse> {
  const settled = await result;
  if (settled.kind === 'failure') throw new Error(`${settled.error}: ${settled.message}`);
  return settled;
}

/** The failure, or an error that shows the response. */
export async function failed(result: Promise<ExchangeResult>): Promise<ExchangeFailure> {
  const settled = await result;
  if (settled.kind === 'response') throw new Error(`answered with ${settled.status}`);
  return settled;
}
