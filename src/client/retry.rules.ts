const passingStatuses: ReadonlySet<number> = new Set([408, 425, 429]);
/** Methods that RFC 9110, 9.2.2, calls idempotent. */
const idempotentMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** Whether a status tells of something that passes by itself. */
export function isPassingStatus(status: number): boolean {
  return passingStatuses.has(status) || status >= 500;
}

/** Whether a request may be sent again whatever became of it: by its method, or because the provider knows it again. */
export function isRepeatable(method: string, headers: { has(name: string): boolean }): boolean {
  return idempotentMethods.has(method.toUpperCase()) || headers.has('idempotency-key');
}

/** Milliseconds that a Retry-After asks for (RFC 9110, 10.2.3: seconds or an HTTP date); null if it is neither. */
export function readRetryAfter(value: string | null, nowMs: number): number | null {
  if (value === null) return null;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * 1000;
  const atMs = /^[A-Z][a-z]{2}/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs);
}
