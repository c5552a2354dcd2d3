import type { Timers } from '../delivery/delivery-ports.ts';
import { createWorker } from '../operations/worker.ts';
import { beginProbesOfEnded } from './begin-probe.store.ts';
import type { ProbingServices } from './closing-probe.ts';
import { dropClosedProbes, nextProbeDueMs } from './closing-probe.store.ts';
import { workClosingProbe } from './work-closing-probe.ts';

const pollEveryMs = 60_000;
const restMs = 1_000;
/** As long as evidence. */
const keptMs = 400 * 86_400_000;

/**
 * Makes the last reads with credentials that were removed or have ended, when they are due: on whichever node comes first,
 * one after another.
 */
export function createClosingProbeWorker(services: ProbingServices, timers: Timers) {
  const { database, clock, onError } = services;
  let leaving = new AbortController();
  const worker = createWorker({
    timers,
    onError,
    pollEveryMs,
    run: async (stopping) => {
      await beginProbesOfEnded(database, clock.now());
      while (!stopping() && (await workClosingProbe(services, { named: null, signal: leaving.signal })));
      await dropClosedProbes(database, clock.now() - keptMs);
      const dueInMs = await nextProbeDueMs(database, clock.now());
      return dueInMs === null ? null : Math.max(restMs, dueInMs);
    },
  });
  return {
    start(): void {
      leaving = new AbortController();
      worker.start();
    },
    /** A read under way is given up. */
    async stop(): Promise<void> {
      const stopped = worker.stop();
      leaving.abort();
      await stopped;
    },
  };
}
