/**
 * How a bucket is to hold what is kept: until so many days from when it was stored. `governance` can be lifted by who has
 * the permission to, `compliance` by nobody.
 */
export type ObjectLock = { mode: 'governance' | 'compliance'; days: number };

/** The headers of a PUT (Amazon S3 API, PutObject). The bucket must have been made with Object Lock. */
export function objectLockHeaders({ mode, days }: ObjectLock, nowMs: number): Record<string, string> {
  return {
    'x-amz-object-lock-mode': mode.toUpperCase(),
    'x-amz-object-lock-retain-until-date': new Date(nowMs + days * 86_400_000).toISOString(),
  };
}
