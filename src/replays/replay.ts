import type { DeliveryFilter } from '../delivery/delivery-filter.ts';

export type ReplayState = 'running' | 'finished' | 'cancelled';

export type Replay = {
  id: string;
  teamId: string;
  filter: DeliveryFilter;
  /** Counts only. */
  dryRun: boolean;
  ratePerSecond: number | null;
  state: ReplayState;
  /** Deliveries that the filter chose so far. */
  matched: number;
  /** Those that were made due: the others were in flight, or their event or endpoint is gone. */
  resent: number;
  createdAt: string;
  finishedAt: string | null;
};
