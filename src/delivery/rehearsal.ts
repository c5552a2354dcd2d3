import { createCrashPoints } from './crash-points.ts';

/** What is asked of a node that rehearses: a point to die at, a shorter lease, and readiness at a later time. */
export type Rehearsal = {
  watched<Port extends object>(port: Port): Port;
  leaseSeconds: number | null;
  /** How far the clock that readiness is decided by is ahead of all others. */
  clockAheadMs: number;
};

/** @param input null for a node that is not rehearsing: nothing is watched, the lease is the usual one. */
export function createRehearsal(
  input: Record<'crashPoint' | 'leaseSeconds' | 'clockAheadSeconds', string | undefined> | null,
): Rehearsal {
  const point = input?.crashPoint;
  const points =
    point === undefined
      ? null
      : createCrashPoints(point, {
          arm: (whenArmed) => process.once('SIGUSR2', whenArmed),
          die: () => process.kill(process.pid, 'SIGKILL'),
        });
  return {
    watched: (port) => points?.around(port) ?? port,
    leaseSeconds: input?.leaseSeconds === undefined ? null : Number(input.leaseSeconds),
    clockAheadMs: Number(input?.clockAheadSeconds ?? 0) * 1000,
  };
}
