import type pg from 'pg';
import type { Clock } from '../clock.ts';
import { isDataError } from '../database/data-error.rules.ts';
import { createDelayedWriter } from '../database/delayed-writer.ts';
import type { Timers } from '../delivery/delivery-ports.ts';
import type { RejectionReason } from '../providers/provider-profile.ts';
import { type Arrival, storedArrival } from './arrival.rules.ts';
import {
  type ActivityTally,
  addActivity,
  type ArrivalTally,
  mostArrivals,
  type RejectionTally,
} from './source-activity.store.ts';
import type { SourceConfig } from './source-config.ts';

type Named = Pick<SourceConfig, 'teamId' | 'id'>;

/** A request that was refused. Nothing of its body and no secret is in it. */
type RejectedRequest = {
  reason: RejectionReason;
  detail: string;
  /** Who sent it, as far as trusted proxies tell. */
  address: string | null;
  bytes: number | null;
};

/**
 * What sources receive and reject, for people to see. Each call only counts in memory; a second later all that came
 * is written in one statement, and nothing is while nothing comes. An outage of the database is sat out: counts stay,
 * and a write whose outcome is unknown is made again, so that after an outage they may be too high, never too low.
 * What a process did not write before it was killed is not counted.
 */
export type SourceActivity = {
  received(source: Named, arrival?: Arrival): void;
  duplicate(source: Named, arrival?: Arrival): void;
  rejected(source: Named, request: RejectedRequest): void;
  start(): void;
  /** Writes what is left, once. */
  stop(): Promise<void>;
};

/** The newest requests of a source since the last write, as a ring: what comes beyond it overwrites the oldest. */
type Ring = { count: number; arrivals: (Arrival & { atMs: number })[] };
type Tally = ActivityTally & { arrived: Ring };

const minuteMs = 60_000;
const detailMaxLength = 300;
const addressMaxLength = 64;

export function createSourceActivity(options: {
  database: pg.Pool;
  clock: Clock;
  timers: Timers;
  onError: (error: unknown) => void;
  /** Sources, and rows of rejections, that are kept in memory at most; what comes beyond them is not counted. */
  mostKept?: number;
}): SourceActivity {
  const { clock } = options;
  const mostKept = options.mostKept ?? 20_000;
  let activities = new Map<string, Tally>();
  let rejections = new Map<string, RejectionTally>();

  const tallyOf = ({ teamId, id }: Named): Tally | null => {
    const known = activities.get(id);
    if (known !== undefined) return known;
    if (activities.size >= mostKept) return null;
    const tally: Tally = {
      teamId,
      sourceId: id,
      received: 0,
      duplicates: 0,
      rejected: 0,
      lastReceivedMs: null,
      lastDuplicateMs: null,
      lastRejectedMs: null,
      lastRejectionReason: null,
      lastRejectionDetail: null,
      arrived: { count: 0, arrivals: [] },
    };
    activities.set(id, tally);
    writer.came();
    return tally;
  };

  // Puts back what could not be written, under what came meanwhile.
  const mergeActivity = (earlier: Tally): void => {
    const tally = tallyOf({ teamId: earlier.teamId, id: earlier.sourceId });
    if (tally === null) return;
    tally.received += earlier.received;
    tally.duplicates += earlier.duplicates;
    tally.rejected += earlier.rejected;
    tally.lastReceivedMs ??= earlier.lastReceivedMs;
    tally.lastDuplicateMs ??= earlier.lastDuplicateMs;
    tally.lastRejectedMs ??= earlier.lastRejectedMs;
    tally.lastRejectionReason ??= earlier.lastRejectionReason;
    tally.lastRejectionDetail ??= earlier.lastRejectionDetail;
    const { arrivals } = tally.arrived;
    arrivals.push(...earlier.arrived.arrivals.slice(0, mostArrivals - arrivals.length));
    tally.arrived.count = Math.max(tally.arrived.count, arrivals.length);
  };

  const mergeRejection = (earlier: RejectionTally): void => {
    const key = keyOf(earlier.sourceId, earlier.minuteMs, earlier.reason);
    const known = rejections.get(key);
    if (known !== undefined) known.count += earlier.count;
    else if (rejections.size < mostKept) rejections.set(key, earlier);
  };

  const writer = createDelayedWriter({
    timers: options.timers,
    isEmpty: () => activities.size === 0,
    take() {
      const taken = { activities, rejections };
      activities = new Map();
      rejections = new Map();
      return taken;
    },
    write({ activities: taken, rejections: refused }) {
      const tallies = [...taken.values()];
      return addActivity(options.database, tallies, [...refused.values()], tallies.flatMap(arrivalsOf));
    },
    putBack(taken) {
      for (const tally of taken.activities.values()) mergeActivity(tally);
      for (const tally of taken.rejections.values()) mergeRejection(tally);
    },
    isHopeless: isDataError,
    onError: options.onError,
  });

  return {
    received(source, arrival) {
      const tally = tallyOf(source);
      if (tally === null) return;
      tally.received += 1;
      tally.lastReceivedMs = clock.now();
      if (arrival !== undefined) note(tally.arrived, arrival, tally.lastReceivedMs);
    },
    duplicate(source, arrival) {
      const tally = tallyOf(source);
      if (tally === null) return;
      tally.duplicates += 1;
      tally.lastDuplicateMs = clock.now();
      if (arrival !== undefined) note(tally.arrived, arrival, tally.lastDuplicateMs);
    },
    rejected(source, { reason, detail, address, bytes }) {
      const tally = tallyOf(source);
      if (tally === null) return;
      const nowMs = clock.now();
      const lastDetail = storable(detail, detailMaxLength);
      tally.rejected += 1;
      tally.lastRejectedMs = nowMs;
      tally.lastRejectionReason = reason;
      tally.lastRejectionDetail = lastDetail;
      const last = {
        lastMs: nowMs,
        lastDetail,
        lastAddress: address === null ? null : storable(address, addressMaxLength),
        lastSizeBytes: bytes === null ? null : Math.max(0, Math.trunc(bytes)),
      };
      const inMinuteMs = Math.floor(nowMs / minuteMs) * minuteMs;
      const key = keyOf(source.id, inMinuteMs, reason);
      const known = rejections.get(key);
      if (known !== undefined) {
        Object.assign(known, last);
        known.count += 1;
      } else if (rejections.size < mostKept) {
        const { teamId, id: sourceId } = source;
        rejections.set(key, { teamId, sourceId, minuteMs: inMinuteMs, reason, count: 1, ...last });
      }
    },
    start: () => writer.start(),
    stop: () => writer.stop(),
  };
}

// Where it came from is worked out a second later, for those that are kept.
function note(ring: Ring, { address, host, eventId }: Arrival, atMs: number): void {
  ring.arrivals[ring.count % mostArrivals] = { address, host, eventId, atMs };
  ring.count += 1;
}

function arrivalsOf({ teamId, sourceId, arrived }: Tally): ArrivalTally[] {
  const sorted = arrived.arrivals
    .map((each) => storedArrival(each, each.atMs))
    .toSorted((one, other) => other.arrival.atMs - one.arrival.atMs);
  const origins = [...new Set(sorted.map(({ origin }) => origin))];
  return origins.map((origin) => ({
    teamId,
    sourceId,
    origin,
    arrivals: sorted.filter((each) => each.origin === origin).map(({ arrival }) => arrival),
  }));
}

function keyOf(sourceId: string, inMinuteMs: number, reason: string): string {
  return `${sourceId} ${inMinuteMs} ${reason}`;
}

/** PostgreSQL stores no U+0000. */
function storable(text: string, maxLength: number): string {
  return text.slice(0, maxLength).replaceAll('\0', '');
}
