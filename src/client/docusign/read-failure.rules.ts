const hourMs = 3_600_000;

/**
 * DocuSign's shape: `{errorCode, message}`. The hourly limit passes at the top of the hour. The protection of single
 * envelopes answers 400 and passes too, but asking again is what it punishes, and its times are not published.
 */
export function readDocusignFailure({ body, nowMs }: { body: unknown; nowMs: number }): {
  code: string | null;
  kind: 'retryable' | 'polling' | null;
  retryAfterMs?: number;
} {
  const { errorCode } = (body ?? {}) as { errorCode?: unknown };
  const code = typeof errorCode === 'string' ? errorCode : null;
  if (code === null) return { code, kind: null };
  if (code === 'HOURLY_APIINVOCATION_LIMIT_EXCEEDED') {
    return { code, kind: 'retryable', retryAfterMs: hourMs - (nowMs % hourMs) };
  }
  return { code, kind: /^(?:Hourly|Burst)_.*Envelope.*Limit_Exceeded$/i.test(code) ? 'polling' : null };
}
