import type { Channel, DeliveryItem, LargeBodies } from '../../src/delivery/delivery-ports.ts';
import { type BreakerPolicy, defaultBreakerPolicy } from '../../src/delivery/breaker.rules.ts';
import { Lane } from '../../src/delivery/lane.ts';
import type { ExchangeResult } from '../../src/egress/exchange-result.ts';
import type { EndpointConfig } from '../../src/endpoints/endpoint-config.ts';

/** A request that a fake channel was handed, to be answered by the test. */
export type HeldRequest = {
  endpointId: string;
  teamId: string;
  headers: string[];
  answer(result: ExchangeResult): void;
};

export function anEndpoint(more: Partial<EndpointConfig> = {}): EndpointConfig {
  return {
    teamId: 'team_1',
    id: 'ep_1',
    url: 'https://receiver.example/',
    eventTypes: null,
    sources: null,
    largeBodies: { inlineMaxBytes: 33_554_432, referenceSeconds: 86_400 },
    filter: null,
    signing: { scheme: 'standard-webhooks' },
    secrets: [],
    headers: [],
    clientTls: null,
    retry: { scheduleSeconds: [60], timeoutMs: 30_000 },
    ratePerSecond: null,
    concurrency: 8,
    ordering: 'none',
    disableAfterSeconds: 432_000,
    status: 'active',
    ...more,
  };
}

export function anItem(deliveryId: string, more: Partial<DeliveryItem> = {}): DeliveryItem {
  return {
    epoch: 1,
    teamId: 'team_1',
    deliveryId,
    eventId: 'evt_1',
    endpointId: 'ep_1',
    eventType: 'invoice.paid',
    contentType: 'application/json',
    body: Buffer.from('{}'),
    attempts: 0,
    cycleAttempts: 0,
    orderingKey: null,
    blob: null,
    origin: null,
    fresh: true,
    enteredAtMs: 0,
    ...more,
  };
}

/** A lane whose channel collects its requests in `held`. */
export function aLane(
  config: EndpointConfig,
  held: HeldRequest[] = [],
  more: { nowMs?: number; breakerPolicy?: BreakerPolicy } = {},
): Lane {
  const channel: Channel = {
    recordedHead: `to ${config.url}\n`,
    close: () => Promise.resolve(),
    post(headers, _body, _timeoutMs, done) {
      held.push({ endpointId: config.id, teamId: config.teamId, headers, answer: done });
    },
  };
  return new Lane({
    config,
    channel,
    prepare: (item) => ({ headers: ['x-delivery', item.deliveryId], recorded: item.deliveryId, body: item.body }),
    breakerPolicy: more.breakerPolicy ?? defaultBreakerPolicy,
    nowMs: more.nowMs ?? 0,
  });
}

export function answered(status: number, headers: string[] = []): ExchangeResult {
  const timing = { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: 1, totalMs: 2 };
  return {
    kind: 'response',
    status,
    headers,
    body: Buffer.alloc(0),
    bodyTruncated: false,
    reusedConnection: false,
    timing,
  };
}

/** Bodies that are never in a blob store. */
export const noLargeBodies: LargeBodies = {
  load: () => Promise.reject(new Error('there is no blob store here')),
};
