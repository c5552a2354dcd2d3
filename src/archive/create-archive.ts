import type { ConnectionDirectory } from '../connections/connection-config.ts';
import type { Timers } from '../delivery/delivery-ports.ts';
import { createWorker } from '../operations/worker.ts';
import type { ArchiveServices } from './archive-services.ts';
import { findCompleted } from './find-completed.ts';
import { createJobWorker } from './job-worker.ts';
import { tellLateJobs } from './tell-late-jobs.ts';
import { createVerificationWorker } from './verification-worker.ts';
import type { WorkContext } from './work-job.ts';

/** The archive at work. `services` are for its routes. */
export type Archive = {
  start(): void;
  /** Resolves when downloads are given up and their jobs let go of. */
  stop(): Promise<void>;
  /** A hint: a completion may have been accepted. Without it, events are looked for twice a minute. */
  eventArrived(): void;
  services: ArchiveServices;
};

type ArchiveLimits = {
  /** Each document is verified again after so many days, a tenth more or less. */
  verifyEveryDays: number;
  /** Read for verifications that nobody asked for. */
  verifyBytesPerSecond: number;
  maxDocumentBytes: number;
  jobsAtOnce: number;
  /** How long a job stays with a node that died. */
  leaseMs: number;
};
const defaults: ArchiveLimits = {
  verifyEveryDays: 30,
  verifyBytesPerSecond: 16 * 1024 * 1024,
  maxDocumentBytes: 1024 * 1024 * 1024,
  jobsAtOnce: 4,
  leaseMs: 120_000,
};

const dayMs = 86_400_000;
const pollEveryMs = 30_000;
/** An event is handed out about three seconds after its acceptance, when nothing can appear before it any more. */
const horizonMs = 3_500;

/**
 * Archives what is completed: makes jobs of completion events of connections that archive, fetches their documents through
 * `call`, and verifies what is stored. Everything is in the database, so that any node goes on where another stopped.
 */
export function createArchive(
  options: Pick<WorkContext, 'database' | 'clock' | 'ids' | 'blobs' | 'call'> & {
    connections: Pick<ConnectionDirectory, 'all' | 'find' | 'awaitNew'>;
    timers: Timers;
    /** An operational event was committed. */
    onTold: () => void;
    onError: (where: string, error: unknown) => void;
    random?: () => number;
    limits?: Partial<ArchiveLimits>;
  },
): Archive {
  const { database, timers, random = Math.random, onTold } = options;
  const limits = { ...defaults, ...options.limits };
  const verifyInMs = (): number => limits.verifyEveryDays * dayMs * (0.9 + random() / 5);
  const onErrorIn = (where: string) => (error: unknown) => options.onError(where, error);
  const parts = { ...options, ...limits, random, verifyInMs };
  let hint: { cancel(): void } | null = null;

  const jobs = createJobWorker({ ...parts, atOnce: limits.jobsAtOnce, onError: onErrorIn('archive') });
  const verification = createVerificationWorker({
    ...parts,
    bytesPerSecond: limits.verifyBytesPerSecond,
    onError: onErrorIn('archive verification'),
  });
  const finder = createWorker({
    timers,
    pollEveryMs,
    onError: onErrorIn('archive events'),
    run: async (stopping) => {
      const { made, more } = await findCompleted(options, stopping);
      if (made > 0) jobs.wake();
      if ((await tellLateJobs({ database })) > 0) onTold();
      return more ? 0 : null;
    },
  });

  return {
    start() {
      finder.start();
      jobs.start();
      verification.start();
    },
    async stop() {
      hint?.cancel();
      await Promise.all([finder.stop(), jobs.stop(), verification.stop()]);
    },
    eventArrived() {
      hint ??= timers.after(horizonMs, () => {
        hint = null;
        finder.wake();
      });
    },
    services: {
      blobs: options.blobs,
      connections: options.connections,
      onJob: () => jobs.wake(),
      onVerification: () => verification.wake(),
      onTold,
      onError: onErrorIn('archive'),
      verifyInMs,
    },
  };
}
