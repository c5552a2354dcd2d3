/**
 * Why a request to S3 failed: an answer that is no success (`code` of its body, null when there was none), no whole
 * answer in time, no connection (`code` of the system), or an answer that is damaged.
 */
export type S3Failure =
  | { kind: 'status'; status: number; code: string | null }
  | { kind: 'timeout'; afterMs: number }
  | { kind: 'network'; code: string }
  | { kind: 'damaged'; what: string };

const transientCodes = new Set([
  'RequestTimeout',
  'SlowDown',
  'InternalError',
  'ServiceUnavailable',
  'OperationAborted',
  'ConditionalRequestConflict',
]);
const fullCodes = new Set([
  'XMinioStorageFull',
  'XMinioAdminBucketQuotaExceeded',
  'QuotaExceeded',
  'InsufficientStorage',
]);
const firstDelayMs = 100;
const longestDelayMs = 3_000;

/** Whether the same request may succeed a moment later. All our requests may be made twice. */
export function mayPassLater(failure: S3Failure): boolean {
  if (failure.kind !== 'status') return true;
  if (isFull(failure) || isUnknown(failure)) return false;
  return failure.status >= 500 || failure.status === 429 || failure.status === 408 || hasCode(failure, transientCodes);
}

export function isFull(failure: S3Failure): boolean {
  return failure.kind === 'status' && (failure.status === 507 || hasCode(failure, fullCodes));
}

/** Only S3's own word for it: a 404 of something else on the way says nothing about the key. */
export function isMissing(failure: S3Failure): boolean {
  return failure.kind === 'status' && failure.status === 404 && failure.code === 'NoSuchKey';
}

/** If-None-Match: there is such a key (RFC 9110, section 13.1.2). */
export function isTaken(failure: S3Failure): boolean {
  return failure.kind === 'status' && failure.status === 412;
}

/** The service does not know something that was asked of it, and will not the next time. */
export function isUnknown(failure: S3Failure): boolean {
  return failure.kind === 'status' && (failure.status === 501 || failure.code === 'NotImplemented');
}

/** How long to wait before a try, counted from 1 for the second: doubling, and any part of that ("full jitter"). */
export function retryDelayMs(retry: number, random: () => number): number {
  return Math.min(longestDelayMs, firstDelayMs * 2 ** (retry - 1)) * random();
}

/** How long a request with or for so many bytes may take: a time for itself and 2 s for each MB. */
export function allowedMs(timeoutMs: number, sizeBytes: number): number {
  return timeoutMs + sizeBytes / 500;
}

/** What happened, where, and how to mend it. Holds nothing of the request but what is given. */
export function describeS3Failure(failure: S3Failure, doing: string, place: string): string {
  return `S3 could not ${doing} in ${place}: ${whatOf(failure)}. ${remedyOf(failure)}`;
}

function whatOf(failure: S3Failure): string {
  switch (failure.kind) {
    case 'status':
      return failure.code === null ? `it answered ${failure.status}` : `it answered ${failure.status} ${failure.code}`;
    case 'timeout':
      return `no whole answer within ${Math.round(failure.afterMs)} ms`;
    case 'network':
      return `the connection failed (${failure.code})`;
    case 'damaged':
      return failure.what;
  }
}

function remedyOf(failure: S3Failure): string {
  if (isFull(failure)) return 'It has no room: free some or raise the quota.';
  if (failure.kind !== 'status') return 'Check POSTHORN_S3_ENDPOINT and the way there.';
  if (failure.status >= 300 && failure.status < 400) return wrongRegion;
  return remedies.get(failure.code ?? '') ?? (failure.status >= 500 ? 'See how the S3 service is.' : anythingElse);
}

const wrongRegion = 'The bucket lives elsewhere: set POSTHORN_S3_REGION and POSTHORN_S3_ENDPOINT to where.';
const wrongKey = 'Check POSTHORN_S3_ACCESS_KEY_ID and POSTHORN_S3_SECRET_ACCESS_KEY.';
const anythingElse = 'Check POSTHORN_BLOBS and the settings of POSTHORN_S3_.';
const remedies = new Map([
  ['AccessDenied', 'The access key needs s3:PutObject, s3:GetObject, s3:DeleteObject and s3:ListBucket.'],
  ['AuthorizationHeaderMalformed', wrongRegion],
  ['InvalidAccessKeyId', wrongKey],
  ['SignatureDoesNotMatch', wrongKey],
  ['NoSuchBucket', 'Make the bucket, or correct POSTHORN_BLOBS.'],
  ['InvalidRequest', 'If documents are to be locked, the bucket must have been made with Object Lock.'],
  ['NotImplemented', 'If documents are to be locked, take a service with Object Lock, or do without.'],
  ['RequestTimeTooSkewed', 'Set the clock of this machine.'],
]);

function hasCode({ code }: { code: string | null }, codes: ReadonlySet<string>): boolean {
  return code !== null && codes.has(code);
}
