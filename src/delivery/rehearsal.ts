import { createCrashPoints } from './crash-points.ts';

/** What the crash and fault tests ask of a node: a point to die at, and a shorter lease. */
export type Rehearsal = { watched<Port extends object>(port: Port): Port; leaseSeconds: number | null };

/** @param input null for a node that is not rehearsing: nothing is watched, the lease is the usual one. */
export function createRehearsal(
  input: { crashPoint: string | undefined; leaseSeconds: string | undefined } | null,
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
  };
}
