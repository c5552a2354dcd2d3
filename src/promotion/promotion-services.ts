import type { AuditContext } from '../audit/record-change.ts';
import type { Caller } from '../calling/caller.ts';
import type { Timers } from '../clock.ts';
import type { ConnectionDirectory } from '../connections/connection-config.ts';
import type { ConnectionContext } from '../connections/connection-change.ts';
import type { Context } from '../context.ts';
import type { AcceptEvent } from '../delivery/test-endpoint.ts';
import type { Reviews } from '../reviews/review.ts';

/** What promotions and the watch ask of the rest of the gateway. */
export type PromotionServices = Pick<Context, 'database' | 'clock' | 'ids'> & {
  reviews: Reviews;
  connections: Pick<ConnectionDirectory, 'find' | 'teamChanged'>;
  call: Caller;
  acceptEvent: AcceptEvent;
  timers: Timers;
  /** An operational event was written. */
  onTold: () => void;
};

/** Of a request that promotes or goes back. */
export type PromotingContext = ConnectionContext &
  Pick<PromotionServices, 'reviews' | 'connections'> & {
    /** A promotion is to be worked on. */
    onPromotion: () => void;
  };

/** The gateway itself, as the audit log names it. */
export function byPosthorn({ clock, ids }: Pick<Context, 'clock' | 'ids'>): AuditContext {
  return { clock, ids, actor: { kind: 'posthorn', id: null, memberId: null }, requestId: null, address: null };
}

export function pause(timers: Timers, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    timers.after(delayMs, resolve);
  });
}
