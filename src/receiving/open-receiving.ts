import { join } from 'node:path';
import type pg from 'pg';
import type { BlobStore } from '../blobs/blob-store.ts';
import type { Clock } from '../clock.ts';
import type { Timers } from '../delivery/delivery-ports.ts';
import type { AcceptedEvent, EventDraft } from '../events/event-draft.ts';
import { inTime } from '../patience.ts';
import type { RejectionReason } from '../providers/provider-profile.ts';
import type { Sealer } from '../sealing/sealer.ts';
import { createSourceActivity } from '../sources/source-activity.ts';
import { createSourceCache } from '../sources/source-cache.ts';
import { createSourceDirectory } from '../sources/source-directory.ts';
import { openSpool } from '../spool/open-spool.ts';
import { createInboundAcceptor, type InboundAcceptor } from './inbound-acceptor.ts';
import { createReceiver, type Receiver } from './receiver.ts';
import { createSeenAgain } from './seen-again.ts';
import { setRecordAside } from './set-record-aside.ts';

/** Everything between a provider's request and the accept path. */
export type Receiving = {
  receiver: Receiver;
  spool: InboundAcceptor['state'];
  teamChanged(teamId: string): void;
  mayHaveMissed(): void;
  /** Resolves when sources are known, from the database or from the last time. */
  start(): Promise<void>;
  stop(): Promise<void>;
};

export async function openReceiving(options: {
  database: pg.Pool;
  sealer: Sealer;
  clock: Clock;
  timers: Timers;
  blobs: BlobStore;
  dataFolder: string;
  spoolMaxBytes: number;
  accept: (draft: EventDraft) => Promise<AcceptedEvent>;
  acceptAll: (drafts: EventDraft[]) => Promise<AcceptedEvent[]>;
  onReceived: (provider: string, outcome: 'new' | 'duplicate') => void;
  /** `quiet`: the same happened to the source within the last second, so that a flood does not fill the log. */
  onRejected: (rejection: {
    teamId: string;
    sourceId: string;
    reason: RejectionReason;
    detail: string;
    quiet: boolean;
  }) => void;
  onSpooled: () => void;
  onError: (where: string, error: unknown) => void;
  /** For the crash tests: the spool as it is to be used. */
  watch?: <Port extends object>(port: Port) => Port;
}): Promise<Receiving> {
  const { database, sealer, clock, timers, onError, watch = (port) => port } = options;
  const folder = join(options.dataFolder, 'spool');
  const opened = await openSpool({
    folder,
    maxBytes: options.spoolMaxBytes,
    clock,
    onError: (error) => onError('spool', error),
  });
  const spool = watch(opened);
  const directory = createSourceDirectory({
    database,
    sealer,
    clock,
    timers,
    cache: createSourceCache(sourceCachePath(options.dataFolder)),
    onError: (error) => onError('sources', error),
  });
  const activity = createSourceActivity({ database, clock, timers, onError: (error) => onError('sources', error) });
  const seenAgain = createSeenAgain({ database, clock, timers, onError: (error) => onError('duplicates', error) });
  const acceptor = createInboundAcceptor({
    accept: options.accept,
    acceptAll: options.acceptAll,
    loadBody: (blobKey) => options.blobs.get(blobKey),
    spool,
    timers,
    onSeenAgain: (teamId, eventId, count) => seenAgain.note(teamId, eventId, count),
    async setAside(record, why) {
      const place = await setRecordAside(join(options.dataFolder, 'spool-set-aside'), record);
      onError('spool', new Error(`a record that cannot be stored was set aside as ${place}`, { cause: why }));
    },
    onSpooled: options.onSpooled,
    onError: (error) => onError('spool', error),
  });
  const toldAtMs = new Map<string, number>();
  const isRepeat = (sourceId: string, reason: RejectionReason): boolean => {
    const nowMs = clock.now();
    const name = `${sourceId} ${reason}`;
    if (nowMs - (toldAtMs.get(name) ?? 0) < quietMs) return true;
    if (toldAtMs.size > 10_000) toldAtMs.clear();
    toldAtMs.set(name, nowMs);
    return false;
  };
  const receiver = createReceiver({
    directory,
    acceptor,
    activity,
    blobs: options.blobs,
    clock,
    onSeenAgain: (teamId, eventId) => seenAgain.note(teamId, eventId),
    onReceived: options.onReceived,
    onError: (error) => onError('blobs', error),
    onRejected(source, { reason, detail }) {
      options.onRejected({
        teamId: source.teamId,
        sourceId: source.id,
        reason,
        detail,
        quiet: isRepeat(source.id, reason),
      });
    },
  });
  return {
    receiver,
    spool: () => acceptor.state(),
    teamChanged: (teamId) => directory.teamChanged(teamId),
    mayHaveMissed: () => directory.mayHaveMissed(),
    async start() {
      await directory.start();
      activity.start();
      acceptor.start();
    },
    async stop() {
      // A database that does not answer holds nothing up: what is in the spool is on disk, and dedupe keys tell.
      await inTime(timers, acceptor.stop(), stopPatienceMs);
      await inTime(timers, Promise.all([directory.stop(), activity.stop(), seenAgain.stop()]), stopPatienceMs);
      await spool.close();
    },
  };
}

const quietMs = 1_000;
const stopPatienceMs = 3_000;

/** Where the last known sources are. */
export function sourceCachePath(dataFolder: string): string {
  return join(dataFolder, 'sources.json');
}
