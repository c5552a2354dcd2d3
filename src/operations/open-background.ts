import type pg from 'pg';
import type { BlobStore } from '../blobs/blob-store.ts';
import type { Clock, Timers } from '../clock.ts';
import { createReplayWorker } from '../replays/replay-worker.ts';
import type { Log } from '../telemetry/log.ts';
import { createTrafficCounter, type TrafficCounter } from '../traffic/traffic-counter.ts';
import { createMaintenance, type MaintenanceReport } from './maintenance.ts';
import { createOutboxEmitter } from './outbox-emitter.ts';
import type { Worker } from './worker.ts';

/** What works in the background of a node, beside deliveries: one worker of each kind does something in a cluster. */
export type Background = { outbox: Worker; replays: Worker; maintenance: Worker; traffic: TrafficCounter };

export function openBackground(options: {
  database: pg.Pool;
  blobs: Pick<BlobStore, 'days' | 'removeDay' | 'kept'>;
  accept: Parameters<typeof createOutboxEmitter>[0]['accept'];
  /** A replay put deliveries into the queue. */
  onQueued: () => void;
  onReport: (report: MaintenanceReport) => void;
  clock: Clock;
  timers: Timers;
  log: Log;
  onError: (where: string, error: unknown) => void;
}): Background {
  const onErrorIn = (where: string) => (error: unknown) => options.onError(where, error);
  const outbox = createOutboxEmitter({ ...options, onError: onErrorIn('operational events') });
  const replays = createReplayWorker({
    ...options,
    onTold: () => outbox.wake(),
    onError: onErrorIn('replays'),
  });
  const maintenance = createMaintenance({ ...options, onError: onErrorIn('maintenance') });
  const traffic = createTrafficCounter({ ...options, onError: onErrorIn('traffic') });
  return { outbox, replays, maintenance, traffic };
}
