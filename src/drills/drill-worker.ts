import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { inTransaction } from '../database/transaction.ts';
import type { Timers } from '../delivery/delivery-ports.ts';
import { tellTeam } from '../operations/tell-team.ts';
import { createWorker, type Worker } from '../operations/worker.ts';
import { Problem } from '../problem.ts';
import type { Readiness } from '../readiness/create-readiness.ts';
import type { Finding } from '../readiness/finding.ts';
import {
  claimRun,
  type EndedRun,
  endRun,
  holdRun,
  interruptDeadRuns,
  renewRun,
  type StoredRun,
} from './drill-run.store.ts';
import { type DrillSchedule, listDueSchedules, nextDueMs, takeSchedule } from './drill-schedule.store.ts';
import type { Drill } from './drill.ts';
import { type BreakOff, type Played, playDrill, type PlayOptions } from './play-drill.ts';
import { sweepTemplates } from './stage/database-template.ts';
import { sweepDrillFolders } from './stage/drill-folder.ts';

const pollEveryMs = 15_000;
const renewEveryMs = 2_000;
const leaseSeconds = 30;
const schedulesAtOnce = 20;

export type DrillWorker = Worker & {
  /** Breaks the run off, if it is the one that this node plays. */
  breakOff(runId: string): void;
};

/**
 * Plays what waits, one run at a time, and queues what is due by a schedule. At its start, and from time to time, it
 * interrupts what nodes that died have left.
 */
export function createDrillWorker(
  options: PlayOptions & {
    database: pg.Pool;
    timers: Timers;
    drills: ReadonlyMap<string, Drill>;
    readiness: Pick<Readiness, 'subjectsOf' | 'record'>;
    /** No other node can use this database. */
    exclusive: boolean;
    /** Takes a schedule and queues its drill, both or neither. */
    startScheduled: (schedule: DrillSchedule) => Promise<void>;
    /** An operational event was written. */
    onTold: () => void;
  },
): DrillWorker {
  const { database, timers, drills, readiness, onError } = options;
  const node = randomUUID();
  let isFirst = true;
  let underWay: { runId: string; breakOff(why: BreakOff): void } | null = null;

  const play = async (run: StoredRun): Promise<void> => {
    const { teamId, checkId, subject } = run;
    const drill = drills.get(checkId);
    const found = await readiness
      .subjectsOf({ teamId, checkId, subjectId: subject.id })
      .catch((error: unknown) => (error instanceof Problem ? [] : Promise.reject(error as Error)));
    const configurationDigest = found[0]?.configurationDigest ?? null;
    if (drill === undefined || configurationDigest === null) {
      const nothing = { progress: { done: 0, of: null }, transcript: [], transcriptHash: null, evidenceId: null };
      await endRun(database, run, node, { ...nothing, state: 'interrupted', finding: null });
      return;
    }
    const { playing, played, ...playedNow } = playDrill(drill, run, options);
    const breakOff = (why: BreakOff): void => playedNow.breakOff(why);
    underWay = { runId: run.id, breakOff };
    const renewal = keepLease(run, () => ({ ...playing, configurationDigest }), breakOff);
    let ended: Played;
    try {
      ended = await played;
    } finally {
      await renewal.stop();
      underWay = null;
    }
    await settle(run, ended, playing.progress, configurationDigest);
  };

  /** Renews it every two seconds, with what is to be seen; whoever loses it stops. */
  const keepLease = (
    run: StoredRun,
    seen: () => Parameters<typeof renewRun>[4],
    breakOff: (why: BreakOff) => void,
  ): { stop(): Promise<void> } => {
    let isOver = false;
    let timer: { cancel(): void } | null = null;
    let renewing: Promise<void> = Promise.resolve();
    const renew = async (): Promise<void> => {
      try {
        const { held, stopAsked } = await renewRun(database, run, node, leaseSeconds, seen());
        if (!held) breakOff('lost');
        else if (stopAsked) breakOff('stopped');
      } catch (error) {
        onError(error);
      }
      if (!isOver) timer = timers.after(renewEveryMs, next);
    };
    const next = (): void => {
      renewing = renew();
    };
    next();
    return {
      async stop() {
        isOver = true;
        timer?.cancel();
        await renewing;
        timer?.cancel();
      },
    };
  };

  const settle = async (
    run: StoredRun,
    { brokenOff, finding, transcript, transcriptHash }: Played,
    progress: EndedRun['progress'],
    configurationDigest: string,
  ): Promise<void> => {
    const state =
      finding !== null ? 'done' : brokenOff === 'stopped' || brokenOff === 'limit' ? 'stopped' : 'interrupted';
    const record = finding === null ? null : await readyEvidence(run, finding, configurationDigest);
    const told = finding?.state === 'failed' && !run.rehearsal ? finding.seen : null;
    // Evidence and the end of its run are there together, or neither.
    await inTransaction(database, async (client) => {
      if (!(await holdRun(client, run, node))) return;
      const evidenceId = (await record?.(client))?.id ?? null;
      await endRun(client, run, node, { state, progress, transcript, transcriptHash, finding, evidenceId });
      if (told === null) return;
      const { id: runId, checkId: check, subject } = run;
      const data = { runId, check, subject: subject.id, seen: told, evidenceId };
      await tellTeam(client, { teamId: run.teamId, type: 'posthorn.drill.failed', data });
    });
    if (told !== null) options.onTold();
  };

  /** What stores it. Null in rehearsals, and when the subject is gone meanwhile. */
  const readyEvidence = async (
    run: StoredRun,
    finding: Finding,
    configurationDigest: string,
  ): Promise<Awaited<ReturnType<Readiness['record']>> | null> => {
    if (run.rehearsal) return null;
    const { teamId, checkId, subject, version } = run;
    const found = { teamId, checkId, subjectId: subject.id, finding, version, configurationDigest };
    try {
      return await readiness.record({ ...found, measuredAtMs: options.clock.now() });
    } catch (error) {
      if (error instanceof Problem) return null;
      throw error;
    }
  };

  /** False: something could not be started and is still due. */
  const startDue = async (): Promise<boolean> => {
    let isDone = true;
    for (const schedule of await listDueSchedules(database, schedulesAtOnce)) {
      try {
        await options.startScheduled(schedule);
      } catch (error) {
        // Its subject is gone, or its last run is not over yet: it is left out this time.
        if (error instanceof Problem) await takeSchedule(database, schedule);
        else {
          isDone = false;
          onError(error);
        }
      }
    }
    return isDone;
  };

  /** What cannot be removed keeps no drill from being played. */
  const sweep = async (): Promise<void> => {
    try {
      await sweepDrillFolders();
      await sweepTemplates();
    } catch (error) {
      onError(error);
    }
  };

  const worker = createWorker({
    timers,
    onError,
    pollEveryMs,
    run: async (stopping) => {
      await interruptDeadRuns(database, isFirst && options.exclusive);
      if (isFirst) await sweep();
      isFirst = false;
      while (!stopping()) {
        const isDone = await startDue();
        const run = await claimRun(database, node, leaseSeconds);
        // What could not be started waits for the poll, not for the second in which it is due.
        if (run === null) return isDone ? nextDueMs(database) : null;
        await play(run);
      }
      return null;
    },
  });
  return {
    ...worker,
    breakOff(runId) {
      if (underWay?.runId === runId) underWay.breakOff('stopped');
    },
    async stop() {
      const stopped = worker.stop();
      underWay?.breakOff('shutdown');
      await stopped;
    },
  };
}
