import type { Timers } from '../clock.ts';
import type { Context } from '../context.ts';
import { createWorker } from '../operations/worker.ts';
import { type AccessAudit, createAccessAudit } from './access-audit.ts';
import { type CheckpointSigner, openSigner } from './checkpoint-signer.ts';
import { writeCheckpoint } from './write-checkpoint.ts';

/** What the routes of the audit log need beside the context of a request. */
export type AuditServices = { access: AccessAudit; signer: () => Promise<CheckpointSigner> };

/**
 * The parts of the audit log that work by themselves. What use cases change they record with `recordChange`, in their own
 * transaction and without any of this.
 */
export type Audit = {
  /** For the guard and the server: what records refusals and first uses. */
  access: AccessAudit;
  services: AuditServices;
  /** Begins to write checkpoints. */
  start(): void;
  /** Writes what waits, and a last checkpoint over it: after everything that records has stopped. */
  stop(): Promise<void>;
};

const pollEveryMs = 60_000;
const wakeAfterEntries = 1_000;

export function createAudit(
  options: Pick<Context, 'database' | 'ids' | 'clock' | 'sealer'> & {
    timers: Timers;
    onError: (where: string, error: unknown) => void;
  },
): Audit {
  const { database, clock, timers, onError } = options;
  let opened: CheckpointSigner | null = null;
  let written = 0;

  const signer = async (): Promise<CheckpointSigner> => {
    opened = await openSigner(options, opened);
    return opened;
  };
  const worker = createWorker({
    timers,
    pollEveryMs,
    onError: (error) => onError('audit checkpoints', error),
    run: async () => {
      await writeCheckpoint({ database, clock, signer: await signer() }, { now: false });
      return null;
    },
  });
  const access = createAccessAudit({
    ...options,
    onError: (error) => onError('audit', error),
    onWritten(count) {
      written += count;
      if (written < wakeAfterEntries) return;
      written = 0;
      worker.wake();
    },
  });

  return {
    access,
    services: { access, signer },
    start: () => worker.start(),
    async stop() {
      await Promise.all([worker.stop(), access.idle()]);
      await writeCheckpoint({ database, clock, signer: await signer() }, { now: true });
    },
  };
}
