import { BlobStoreError } from '../blobs/blob-store.ts';
import type { Clock } from '../clock.ts';
import type { IdSource } from '../ids/id-source.ts';
import { sendsReference } from './body-reference.rules.ts';
import { decideOutcome } from './decide-outcome.rules.ts';
import type { ExchangeResult } from '../egress/exchange-result.ts';
import type { DeliveryItem, LargeBodies, Settlement, Timers } from './delivery-ports.ts';
import { Fifo } from './fifo.ts';
import type { Lane } from './lane.ts';
import { headerValue, recordHeaders } from './recorded-headers.rules.ts';

/** Exchanges younger than a second that may be under way at once: as many as keep the processor busy. */
const youngMax = 256;
/** Slow ones come on top, up to this many sockets in all, so that they cannot take the place of quick ones. */
const socketsMax = 4096;
const youngForMs = 1_000;
/** Attempts that wait to be recorded; above it nothing more is sent. */
const unsettledMax = 4096;

type Exchange = { lane: Lane; item: DeliveryItem; startedAtMs: number; young: boolean };

/**
 * Decides which lane may send next: teams in turn, within a team its lanes in turn, one delivery a turn, so that a
 * team with a thousand busy endpoints gets no more than one with a single one.
 */
export class Dispatcher {
  private readonly teams = new Map<string, { lanes: Fifo<Lane>; listed: boolean }>();
  private readonly ring = new Fifo<{ lanes: Fifo<Lane>; listed: boolean }>();
  private readonly exchanges = new Set<Exchange>();
  private young = 0;
  private running = false;
  private ageing = false;
  private stopped = false;
  private drained: (() => void) | null = null;
  private readonly options: {
    clock: Clock;
    timers: Timers;
    ids: IdSource;
    random: () => number;
    bodies: LargeBodies;
    /** False while sending would be wrong: no valid lease, or the database is away. */
    maySend: () => boolean;
    /** Whether what was taken a while ago may be sent by this node now. */
    mayStillSend: (item: DeliveryItem) => boolean;
    /** It was taken and is not sent: it is to be given back. */
    onUnsent: (item: DeliveryItem) => void;
    unsettled: () => number;
    onSettlement: (settlement: Settlement, lane: Lane) => void;
    onGone: (lane: Lane) => void;
    /** Called when the lane has room again or its breaker has just opened. */
    onLaneChanged: (lane: Lane, opened: boolean) => void;
  };

  constructor(options: Dispatcher['options']) {
    this.options = options;
  }

  get inFlight(): number {
    return this.exchanges.size;
  }

  /** Puts a lane in the ring, if it has something to send, and sends what may be sent. */
  offer(lane: Lane): void {
    this.list(lane);
    this.run();
  }

  private list(lane: Lane): void {
    if (lane.listed || lane.waiting === 0) return;
    lane.listed = true;
    let team = this.teams.get(lane.teamId);
    if (team === undefined) {
      team = { lanes: new Fifo(), listed: false };
      this.teams.set(lane.teamId, team);
    }
    team.lanes.push(lane);
    if (!team.listed) {
      team.listed = true;
      this.ring.push(team);
    }
  }

  /** Sends until nothing may leave. Safe to call at any time. */
  run(): void {
    if (this.running || this.stopped) return;
    this.running = true;
    while (this.ring.length > 0 && this.young < youngMax && this.exchanges.size < socketsMax) {
      if (this.options.unsettled() >= unsettledMax || !this.options.maySend()) break;
      const team = this.ring.shift() as { lanes: Fifo<Lane>; listed: boolean };
      const lane = team.lanes.shift();
      if (lane !== undefined) {
        lane.listed = false;
        this.serve(lane);
      }
      if (team.lanes.length > 0) this.ring.push(team);
      else team.listed = false;
    }
    this.running = false;
  }

  private serve(lane: Lane): void {
    const nowMs = this.options.clock.now();
    const block = lane.blockedBy(nowMs);
    if (block === null) {
      this.send(lane, lane.take(), nowMs);
      if (lane.inFlight < lane.concurrency) this.list(lane);
    } else if (block === 'rate') {
      this.wakeLater(lane, nowMs);
    }
  }

  private wakeLater(lane: Lane, nowMs: number): void {
    if (lane.wakeAt !== null) return;
    const delayMs = lane.tokenWaitMs();
    const timer = this.options.timers.after(delayMs, () => {
      lane.wakeAt = null;
      this.offer(lane);
    });
    lane.wakeAt = { atMs: nowMs + delayMs, cancel: () => timer.cancel() };
  }

  private send(lane: Lane, item: DeliveryItem, nowMs: number): void {
    const exchange: Exchange = { lane, item, startedAtMs: nowMs, young: true };
    this.exchanges.add(exchange);
    this.young += 1;
    this.startAgeing();
    if (item.blob === null || sendsReference(item, lane.config.largeBodies)) {
      this.prepare(exchange, item.body, nowMs);
      return;
    }
    this.options.bodies.load(item.blob, item.endpointId).then(
      ({ body, release }) => this.sendLoaded(exchange, body, release),
      (error: unknown) => this.finish(exchange, '', unprepared(error)),
    );
  }

  private sendLoaded(exchange: Exchange, body: Buffer, release: () => void): void {
    const { lane, item } = exchange;
    // To load it may have taken long: others may have the delivery by now.
    if (!this.stopped && this.options.mayStillSend(item)) {
      this.prepare(exchange, body, this.options.clock.now(), release);
      return;
    }
    release();
    this.end(exchange);
    this.options.onUnsent(item);
    this.afterEnd(lane);
  }

  private end(exchange: Exchange): void {
    this.exchanges.delete(exchange);
    if (exchange.young) this.young -= 1;
    exchange.lane.inFlight -= 1;
  }

  private afterEnd(lane: Lane): void {
    this.list(lane);
    this.run();
    if (this.exchanges.size === 0) this.drained?.();
  }

  private prepare(exchange: Exchange, body: Buffer, nowMs: number, done?: () => void): void {
    const { lane, item } = exchange;
    let request: ReturnType<Lane['prepare']>;
    try {
      request = lane.prepare(item, Math.floor(nowMs / 1000), body);
    } catch (error) {
      this.options.timers.after(0, () => this.finish(exchange, '', unprepared(error), done));
      return;
    }
    this.post(exchange, request, true, done);
  }

  private post(
    exchange: Exchange,
    request: ReturnType<Lane['prepare']>,
    mayRepeat: boolean,
    done: (() => void) | undefined,
  ): void {
    const { lane } = exchange;
    const { channel } = lane;
    channel.post(request.headers, request.body, lane.config.retry.timeoutMs, (result) => {
      // The receiver closed an idle connection just as it was used again: that is no answer, so ask once more.
      const idleClosed =
        result.kind === 'failure' && result.error === 'reset' && result.reusedConnection && !result.partial;
      if (idleClosed && mayRepeat && !this.stopped) this.post(exchange, request, false, done);
      else this.finish(exchange, channel.recordedHead + request.recorded, result, done);
    });
  }

  private finish(exchange: Exchange, requestHeaders: string, result: ExchangeResult, done?: () => void): void {
    const { lane, item } = exchange;
    done?.();
    this.end(exchange);
    const nowMs = this.options.clock.now();
    const answered = result.kind === 'response';
    const answer = answered ? result : result.partial;
    const outcome = decideOutcome({
      result: answered
        ? { kind: 'response', status: result.status, retryAfter: headerValue(result.headers, 'retry-after') }
        : { kind: 'failure', isLocal: result.error === 'local' },
      attemptsBefore: item.cycleAttempts,
      policy: lane.config.retry,
      nowMs,
      random: this.options.random(),
    });
    const succeeded = outcome.kind === 'succeeded';
    const counted = outcome.kind !== 'retry' || outcome.counted;
    const opened = counted && lane.record(succeeded, nowMs);
    this.options.onSettlement(
      {
        item,
        attemptId: this.options.ids.next('att'),
        startedAtMs: exchange.startedAtMs,
        status: answer?.status ?? null,
        error: answered ? (succeeded ? null : 'http') : result.error,
        errorMessage: answered ? null : result.message,
        requestHeaders,
        responseHeaders: answer === undefined ? null : recordHeaders(answer.headers),
        responseBody: answer?.body ?? null,
        responseTruncated: answered ? result.bodyTruncated : answer !== undefined,
        timing: result.timing,
        outcome: outcome.kind === 'gone' ? 'retry' : outcome.kind,
        delayMs: 'delayMs' in outcome ? outcome.delayMs : 0,
        counted,
      },
      lane,
    );
    if (outcome.kind === 'gone') this.options.onGone(lane);
    if (opened || lane.moreWaiting || lane.breaker.state !== 'closed') this.options.onLaneChanged(lane, opened);
    this.afterEnd(lane);
  }

  // Exchanges that live longer than a second stop counting against the quick ones.
  private startAgeing(): void {
    if (this.ageing) return;
    this.ageing = true;
    this.options.timers.after(youngForMs / 2, () => {
      this.ageing = false;
      const oldAtMs = this.options.clock.now() - youngForMs;
      for (const exchange of this.exchanges) {
        if (exchange.startedAtMs > oldAtMs) break;
        if (exchange.young) {
          exchange.young = false;
          this.young -= 1;
        }
      }
      if (this.exchanges.size > 0) this.startAgeing();
      this.run();
    });
  }

  /** Starts nothing more. Resolves when every exchange under way has ended. */
  stop(): Promise<void> {
    this.stopped = true;
    if (this.exchanges.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.drained = resolve;
    });
  }
}

/**
 * An attempt that could not be made is on record. It counts, like any other that failed, unless the body is only out of
 * reach: that is not the receiver's doing, and no delivery dies of it.
 */
function unprepared(error: unknown): ExchangeResult {
  const message = `the request could not be made: ${error instanceof Error ? error.message : 'unknown error'}`;
  const timing = { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: null, totalMs: 0 };
  const kind = error instanceof BlobStoreError ? 'local' : 'blocked';
  return { kind: 'failure', error: kind, message, stage: 'before', reusedConnection: false, timing };
}
