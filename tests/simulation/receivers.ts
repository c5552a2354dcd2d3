import type { Channel, DeliveryItem } from '../../src/delivery/delivery-ports.ts';
import type { ExchangeError, ExchangeResult, Timing } from '../../src/egress/exchange-result.ts';
import type { EndpointConfig } from '../../src/endpoints/endpoint-config.ts';
import type { Process } from './process.ts';
import type { Random } from './random.ts';
import type { VirtualTime } from './virtual-time.ts';

/** How an endpoint's server behaves for a while. */
export type Behaviour =
  | { kind: 'well' }
  | { kind: 'slow'; latencyMs: number }
  | { kind: 'status'; status: number; retryAfter: string | null }
  | { kind: 'flaps'; share: number }
  | { kind: 'hangs' }
  | { kind: 'resets' }
  | { kind: 'refuses' };

/** One request on its way, as the world sees it. */
export type Exchange = {
  process: Process;
  epoch: number;
  deliveryId: string;
  endpointId: string;
  beganMs: number;
  arrived: boolean;
  endedMs: number | null;
  /** The status that the receiver answered with, 0 for a failure; set when the answer leaves it. */
  status: number | null;
  retryAfter: string | null;
  /** Its attempt was written and moved the delivery. */
  applied: boolean;
};

export type ExchangeWitness = {
  began(exchange: Exchange): void;
  arrived(exchange: Exchange): void;
  ended(exchange: Exchange): void;
};

/** Everything beyond the nodes' sockets. */
export class Receivers {
  readonly behaviours = new Map<string, Behaviour>();
  private readonly time: VirtualTime;
  private readonly random: Random;
  private readonly witness: ExchangeWitness;

  constructor(time: VirtualTime, random: Random, witness: ExchangeWitness) {
    this.time = time;
    this.random = random;
    this.witness = witness;
  }

  channel(process: Process, endpoint: EndpointConfig): Channel {
    return {
      recordedHead: '',
      close: () => Promise.resolve(),
      post: (headers, _body, timeoutMs, done) => {
        const exchange: Exchange = {
          process,
          epoch: Number(headers[1]),
          deliveryId: headers[3] as string,
          endpointId: endpoint.id,
          beganMs: this.time.nowMs,
          arrived: false,
          endedMs: null,
          status: null,
          retryAfter: null,
          applied: false,
        };
        this.witness.began(exchange);
        this.exchange(exchange, timeoutMs, done);
      },
    };
  }

  private exchange(exchange: Exchange, timeoutMs: number, done: (result: ExchangeResult) => void): void {
    const { time, random } = this;
    const finish = (delayMs: number, result: ExchangeResult): void => {
      time.after(
        delayMs,
        exchange.process.own(() => {
          exchange.endedMs = time.nowMs;
          exchange.status = result.kind === 'response' ? result.status : 0;
          this.witness.ended(exchange);
          done(result);
        }),
      );
    };
    const travelMs = random.between(1, 40);
    const behaviour = this.behaviours.get(exchange.endpointId) ?? { kind: 'well' };
    if (behaviour.kind === 'refuses') return finish(travelMs, failure('connect', 'before', travelMs));
    time.after(travelMs, () => {
      exchange.arrived = true;
      this.witness.arrived(exchange);
      const backMs = random.between(1, 40);
      const fails = behaviour.kind === 'flaps' && random.chance(behaviour.share);
      if (behaviour.kind === 'hangs')
        finish(Math.max(1, timeoutMs - travelMs), failure('timeout', 'during', timeoutMs));
      else if (behaviour.kind === 'resets') finish(backMs, failure('reset', 'during', backMs));
      else if (behaviour.kind === 'status') {
        exchange.retryAfter = behaviour.retryAfter;
        finish(backMs, response(behaviour.status, behaviour.retryAfter));
      } else if (behaviour.kind === 'slow') {
        if (behaviour.latencyMs < timeoutMs - travelMs) finish(behaviour.latencyMs, response(200, null));
        else finish(Math.max(1, timeoutMs - travelMs), failure('timeout', 'during', timeoutMs));
      } else finish(backMs, response(fails ? 503 : 204, null));
    });
    return undefined;
  }
}

/** What the simulated receivers need to know of a request travels in its headers. */
export function simulatedHeaders(item: DeliveryItem): { headers: string[]; recorded: string; body: Buffer } {
  return { headers: ['x-epoch', String(item.epoch), 'x-delivery', item.deliveryId], recorded: '', body: item.body };
}

function timing(totalMs: number): Timing {
  return { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: null, totalMs };
}

function response(status: number, retryAfter: string | null): ExchangeResult {
  const headers = retryAfter === null ? [] : ['retry-after', retryAfter];
  return {
    kind: 'response',
    status,
    headers,
    body: Buffer.alloc(0),
    bodyTruncated: false,
    reusedConnection: true,
    timing: timing(1),
  };
}

function failure(error: ExchangeError, stage: 'before' | 'during', totalMs: number): ExchangeResult {
  return { kind: 'failure', error, message: error, stage, reusedConnection: false, timing: timing(totalMs) };
}
