/** `850 ms`, `2.4 s`, `5 min`, `2.5 h`, `3 d`. */
export function readableDuration(durationMs: number): string {
  const seconds = durationMs / 1000;
  if (durationMs < 1000) return `${Math.round(durationMs)} ms`;
  if (seconds < 90) return `${trim(seconds)} s`;
  if (seconds < 5400) return `${trim(seconds / 60)} min`;
  if (seconds < 172_800) return `${trim(seconds / 3600)} h`;
  return `${trim(seconds / 86_400)} d`;
}

/** `512 B`, `1.2 kB`, `3.4 MB`, in powers of a thousand. */
export function readableSize(sizeBytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = sizeBytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : trim(value)} ${units[unit]}`;
}

/** The local time of day, `14:02:11`. */
export function readableTime(unixMs: number): string {
  const date = new Date(unixMs);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}

/** `1 webhook`, `2 webhooks`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}

function trim(value: number): string {
  return value.toFixed(value < 10 ? 1 : 0).replace(/\.0$/, '');
}
