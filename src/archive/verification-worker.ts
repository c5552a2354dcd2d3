import type { BlobStore } from '../blobs/blob-store.ts';
import type { Context } from '../context.ts';
import type { Timers } from '../delivery/delivery-ports.ts';
import { createWorker, type Worker } from '../operations/worker.ts';
import { claimDocumentToVerify, listToVerify } from './archived-document.store.ts';
import { claimVerification, countVerified, leaveVerification, type RunningVerification } from './verification.store.ts';
import { inspectDocument, recordVerification } from './verify-document.ts';

type VerificationContext = Pick<Context, 'database'> & {
  blobs: Pick<BlobStore, 'kept'>;
  verifyInMs: () => number;
  /** Of what nobody asked for. */
  bytesPerSecond: number;
  onTold: () => void;
  onError: (error: unknown) => void;
};

const pollEveryMs = 60_000;
const leaseMs = 600_000;
const pageDocuments = 20;
/** After so many bytes a run is let go of and taken again: its lease must outlast a page. */
const pageBytes = 256 * 1024 * 1024;
const restAfterFailureMs = 60_000;
/** A document that the store could not give is looked at again after the lease. */
const scheduledLeaseMs = 3_600_000;

/** Verifies documents: first for runs that somebody asked for, then, slowly, those whose time has come. */
export function createVerificationWorker(options: VerificationContext & { timers: Timers }): Worker {
  return createWorker({
    timers: options.timers,
    onError: options.onError,
    pollEveryMs,
    run: async (stopping) => {
      while (!stopping()) {
        const run = await claimVerification(options.database, leaseMs);
        if (run === null) break;
        await workPage(options, run, stopping);
      }
      return stopping() ? null : verifyNextDue(options);
    },
  });
}

async function workPage(ctx: VerificationContext, run: RunningVerification, stopping: () => boolean): Promise<void> {
  const { teamId, position, before, unlessSince } = run;
  try {
    const page = await listToVerify(ctx.database, {
      teamId,
      after: position,
      before,
      unlessSince,
      limit: pageDocuments,
    });
    let bytes = 0;
    let done = 0;
    for (const document of page) {
      if (stopping() || bytes > pageBytes) break;
      const state = await inspectDocument(ctx, { teamId, document });
      const told = await recordVerification(ctx, { teamId, document }, state, (client) =>
        countVerified(client, run, { documentId: document.id, state }),
      );
      if (told) ctx.onTold();
      bytes += document.sizeBytes;
      done += 1;
    }
    const finished = done === page.length && page.length < pageDocuments;
    await leaveVerification(ctx.database, run, { finished, restMs: 0 });
  } catch (error) {
    ctx.onError(error);
    // The store or the database is away: that says nothing about the document.
    await leaveVerification(ctx.database, run, { finished: false, restMs: restAfterFailureMs });
  }
}

/** @returns in how many milliseconds the next may be looked at; null when none is due. */
async function verifyNextDue(ctx: VerificationContext): Promise<number | null> {
  const due = await claimDocumentToVerify(ctx.database, scheduledLeaseMs);
  if (due === null) return null;
  const state = await inspectDocument(ctx, due);
  if (await recordVerification(ctx, due, state)) ctx.onTold();
  return Math.ceil((due.document.sizeBytes / ctx.bytesPerSecond) * 1000);
}
