/** One thing that readiness depends on. */
export type ReadinessCheck = { name: string; ok: boolean; detail: string };

/** Ready when everything is: 200 or 503, with every check named. */
export function judgeReadiness(checks: readonly ReadinessCheck[]): {
  ready: boolean;
  checks: readonly ReadinessCheck[];
} {
  return { ready: checks.every((check) => check.ok), checks };
}

/** A data folder with less than this free is not ready: the database could not write on. */
const freeBytesMin = 256 * 1024 * 1024;

export function judgeDisk(freeBytes: number | null): ReadinessCheck {
  if (freeBytes === null) return { name: 'disk', ok: true, detail: 'not measured: the database is elsewhere' };
  const freeMegabytes = Math.floor(freeBytes / 1024 / 1024);
  return {
    name: 'disk',
    ok: freeBytes >= freeBytesMin,
    detail: `${freeMegabytes} MiB free in the data folder, ${freeBytesMin / 1024 / 1024} MiB needed`,
  };
}
