import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  allowedMs,
  describeS3Failure,
  isFull,
  isMissing,
  mayPassLater,
  retryDelayMs,
  type S3Failure,
} from './s3-failure.rules.ts';

const status = (number: number, code: string | null = null): S3Failure => ({ kind: 'status', status: number, code });

describe('a failure of S3', () => {
  test.each<[S3Failure, { again: boolean; full: boolean; missing: boolean }]>([
    [
      { kind: 'timeout', afterMs: 1 },
      { again: true, full: false, missing: false },
    ],
    [
      { kind: 'network', code: 'ECONNREFUSED' },
      { again: true, full: false, missing: false },
    ],
    [
      { kind: 'damaged', what: 'x' },
      { again: true, full: false, missing: false },
    ],
    [status(500), { again: true, full: false, missing: false }],
    [status(503, 'SlowDown'), { again: true, full: false, missing: false }],
    [status(429), { again: true, full: false, missing: false }],
    [status(400, 'RequestTimeout'), { again: true, full: false, missing: false }],
    [status(200, 'InternalError'), { again: true, full: false, missing: false }],
    [status(400), { again: false, full: false, missing: false }],
    [status(403, 'AccessDenied'), { again: false, full: false, missing: false }],
    [status(301, 'PermanentRedirect'), { again: false, full: false, missing: false }],
    [status(404), { again: false, full: false, missing: false }],
    [status(404, 'NoSuchBucket'), { again: false, full: false, missing: false }],
    [status(404, 'NoSuchKey'), { again: false, full: false, missing: true }],
    [status(507), { again: false, full: true, missing: false }],
    [status(507, 'XMinioStorageFull'), { again: false, full: true, missing: false }],
    [status(403, 'QuotaExceeded'), { again: false, full: true, missing: false }],
  ])('%j: %j', (failure, expected) => {
    expect({ again: mayPassLater(failure), full: isFull(failure), missing: isMissing(failure) }).toEqual(expected);
  });

  test.each<[S3Failure, string]>([
    [status(403, 'SignatureDoesNotMatch'), 'POSTHORN_S3_SECRET_ACCESS_KEY'],
    [status(403, 'AccessDenied'), 's3:ListBucket'],
    [status(404, 'NoSuchBucket'), 'Make the bucket'],
    [status(403, 'RequestTimeTooSkewed'), 'clock'],
    [status(307), 'POSTHORN_S3_REGION'],
    [status(400, 'AuthorizationHeaderMalformed'), 'POSTHORN_S3_REGION'],
    [status(400), 'POSTHORN_BLOBS'],
    [status(400, 'toString'), 'POSTHORN_BLOBS'],
    [status(502), 'how the S3 service is'],
    [status(507), 'no room'],
    [{ kind: 'network', code: 'ENOTFOUND' }, 'POSTHORN_S3_ENDPOINT'],
    [{ kind: 'timeout', afterMs: 10_000.4 }, 'within 10000 ms'],
  ])('%j says %j, and where', (failure, remedy) => {
    const text = describeS3Failure(failure, 'store a body', 'bodies at s3.example');
    expect(text).toMatch(/^S3 could not store a body in bodies at s3\.example: .+\. .+\.$/);
    expect(text).toContain(remedy);
  });
});

test('the wait before a retry is any part of a bound that doubles, up to three seconds', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2_000 }),
      fc.double({ min: 0, max: 0.999_999, noNaN: true }),
      (retry, part) => {
        const waitMs = retryDelayMs(retry, () => part);
        expect(waitMs).toBeGreaterThanOrEqual(0);
        expect(waitMs).toBeLessThanOrEqual(Math.min(3_000, 100 * 2 ** Math.min(retry - 1, 30)));
      },
    ),
  );
  expect([1, 2, 3, 4, 5, 6, 7].map((retry) => retryDelayMs(retry, () => 1))).toEqual([
    100, 200, 400, 800, 1600, 3000, 3000,
  ]);
});

test('a request may take longer the more it carries', () => {
  expect(allowedMs(10_000, 0)).toBe(10_000);
  expect(allowedMs(10_000, 8_000_000)).toBe(26_000);
});
