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

/**
 * A node whose master key is another's can neither sign nor verify. A few values under a key that is gone are the matter of
 * those whose they are, so it takes most of a kind.
 */
export function judgeMasterKeys(probes: readonly { title: string; looked: number; foreign: number }[]): ReadinessCheck {
  const name = 'master-key';
  const closed = probes.find(({ looked, foreign }) => foreign * 2 > looked);
  if (closed === undefined) return { name, ok: true, detail: 'opens what is sealed' };
  const { title, looked, foreign } = closed;
  const remedy = 'give it back, see posthorn keys status; if it is lost, "A lost master key" in docs/operations.md';
  const detail = `${foreign} of ${looked} ${title} are sealed under another key: ${remedy}`;
  return { name, ok: false, detail };
}

export type SpoolFigures = {
  records: number;
  bytes: number;
  maxBytes: number;
  oldestAtMs: number | null;
  failing: boolean;
};

/** Waiting requests are no fault of the node, and it takes more of them; a spool that cannot be written is. */
export function judgeSpool(spool: SpoolFigures, nowMs: number): ReadinessCheck {
  if (spool.failing) return { name: 'spool', ok: false, detail: 'cannot be written: see the log' };
  if (spool.records === 0) return { name: 'spool', ok: true, detail: 'empty' };
  const ageSeconds = spool.oldestAtMs === null ? 0 : Math.max(0, Math.round((nowMs - spool.oldestAtMs) / 1000));
  const percent = Math.floor((spool.bytes / spool.maxBytes) * 100);
  const detail = `${spool.records} requests wait for the database, the oldest for ${ageSeconds} s; ${percent} % full`;
  return { name: 'spool', ok: percent < 100, detail };
}
