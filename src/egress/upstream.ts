import { ConnectionSlots } from './connection-slots.ts';
import type { Deadlines } from './deadlines.ts';
import { EgressFailure } from './exchange-result.ts';
import type { Target, Wiring } from './open-connection.ts';
import type { UpstreamExchange, UpstreamReceiver, UpstreamRequest } from './upstream-exchange.ts';
import { StreamedExchange } from './upstream-exchange.ts';

/** One origin and the connections to it, for requests of any method, streamed both ways. Redirects are answers. */
export type Upstream = {
  /** Begins an exchange; one that has no connection yet waits for it within its own time. */
  exchange(request: UpstreamRequest, receiver: UpstreamReceiver): UpstreamExchange;
  /** Takes no more exchanges; connections are closed when those under way have ended. */
  close(): void;
  /** Closes at once: exchanges under way fail as `reset`. */
  abort(): void;
};

/** @param options.place where to, or why not: then every exchange fails with this. */
export function openUpstream(options: {
  wiring: Wiring;
  deadlines: Deadlines;
  place: { origin: string; target: Target } | EgressFailure;
  maxConnections: number;
  onClosed: () => void;
}): Upstream {
  const { wiring, deadlines, place, maxConnections } = options;
  const underWay = new Set<StreamedExchange>();
  const slots =
    place instanceof EgressFailure
      ? null
      : new ConnectionSlots<StreamedExchange>({ wiring, origin: place.origin, target: place.target, maxConnections });
  let isClosed = false;

  const finishClosing = (): void => {
    slots?.closeIdle();
    options.onClosed();
  };
  const owner = {
    nowMs: wiring.nowMs,
    ended(exchange: StreamedExchange, clean: boolean): void {
      deadlines.remove(exchange);
      underWay.delete(exchange);
      slots?.ended(exchange, clean);
      if (isClosed && underWay.size === 0) finishClosing();
    },
  };

  const close = (): void => {
    if (isClosed) return;
    isClosed = true;
    if (underWay.size === 0) finishClosing();
  };

  return {
    exchange(request, receiver) {
      const exchange = new StreamedExchange(owner, request, receiver);
      underWay.add(exchange);
      if (place instanceof EgressFailure) exchange.fail(place);
      else if (isClosed) exchange.fail(new EgressFailure('reset', 'the connections to this origin were closed'));
      else {
        deadlines.add(exchange);
        slots?.carry(exchange);
      }
      exchange.starting = false;
      return exchange;
    },
    close,
    abort() {
      close();
      for (const exchange of underWay) exchange.fail(new EgressFailure('reset', 'the gateway is shutting down'));
    },
  };
}
