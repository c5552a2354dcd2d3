import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { getCACertificates } from 'node:tls';
import { AwsV4Signer } from 'aws4fetch';
import { Agent, type Dispatcher, request as send } from 'undici';
import { BlobStoreError } from './blob-store.ts';
import { type BucketPlace, bucketUrl, objectUrl } from './s3-address.rules.ts';
import { readErrorCode } from './s3-answers.rules.ts';
import {
  allowedMs,
  describeS3Failure,
  isFull,
  isMissing,
  isTaken,
  isUnknown,
  mayPassLater,
  retryDelayMs,
  type S3Failure,
} from './s3-failure.rules.ts';

/** Where a bucket is and who asks. Both parts of the access key are kept out of every error. */
export type S3Location = BucketPlace & { region: string; accessKeyId: string; secretAccessKey: string };

export type S3Limits = {
  /** For each try, beside 2 s for each MB. */
  timeoutMs: number;
  /** When no further try is begun. */
  deadlineMs: number;
  tries: number;
};

/** `key` is '' for the bucket itself; `doing` completes "S3 could not ..." */
type S3Request = {
  method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  key: string;
  doing: string;
  query?: Readonly<Record<string, string>>;
  headers?: Readonly<Record<string, string>>;
  body?: Buffer | FileBody;
};
/** A file that is sent as it is read; what it holds is known beforehand, and signed. */
type FileBody = { path: string; sizeBytes: number; sha256: string };

/** A successful answer. `sizeBytes` is null when it does not say. */
export type S3Answer = { sizeBytes: number | null; header: (name: string) => string | null; body: Readable };

export type S3Client = {
  /**
   * Makes the request until it succeeds, cannot, or has been tried enough. `take` reads the answer, may be called again,
   * and may throw what `failed` makes. Rejects with a BlobStoreError.
   */
  ask<Found>(request: S3Request, take: (answer: S3Answer) => Promise<Found>): Promise<Found>;
  /** Like `ask`; null when there is no such key. */
  find<Found>(request: S3Request, take: (answer: S3Answer) => Promise<Found>): Promise<Found | null>;
  /** For a PUT with If-None-Match: whether it made the key, found it there, or the service does not know that header. */
  create(request: S3Request, take: (answer: S3Answer) => Promise<void>): Promise<'made' | 'exists' | 'unsupported'>;
  /** The whole body of an answer, of at most so many bytes. */
  readWhole(answer: S3Answer, mostBytes: number): Promise<Buffer>;
  /** What to say when reading an answer went wrong outside of `ask`. */
  explain(error: unknown, doing: string): BlobStoreError;
  close(): Promise<void>;
};

class S3Failed extends Error {
  readonly failure: S3Failure;

  constructor(failure: S3Failure) {
    super(failure.kind);
    this.failure = failure;
  }
}

/** What to throw for an answer that came and is no success after all. */
export function failed(failure: S3Failure): Error {
  return new S3Failed(failure);
}

const mostErrorBytes = 64 * 1024;

/** Signed requests (AWS Signature Version 4, the payload included) to one bucket over connections that are kept. */
export function createS3Client(options: {
  location: S3Location;
  limits: S3Limits;
  caPem?: string;
  random?: () => number;
}): S3Client {
  const { location, limits, caPem, random = Math.random } = options;
  const { accessKeyId, secretAccessKey, region, bucket } = location;
  const base = bucketUrl(location);
  const place = `${bucket} at ${new URL(location.endpoint).host}`;
  const signingKeys = new Map<string, ArrayBuffer>();
  const closing = new AbortController();
  const agent = new Agent({
    connections: 32,
    allowH2: false,
    connect: {
      timeout: limits.timeoutMs,
      ...(caPem === undefined ? {} : { ca: [...getCACertificates('default'), caPem] }),
    },
    headersTimeout: 0,
    bodyTimeout: limits.timeoutMs,
  });

  async function signedHeaders(url: string, { method, headers, body }: S3Request): Promise<Record<string, string>> {
    const signer = new AwsV4Signer({
      method,
      url,
      headers: {
        ...headers,
        'x-amz-content-sha256': hashOf(body),
      },
      service: 's3',
      region,
      accessKeyId,
      secretAccessKey,
      cache: signingKeys,
    });
    return Object.fromEntries((await signer.sign()).headers);
  }

  async function once<Found>(request: S3Request, take: (answer: S3Answer) => Promise<Found>): Promise<Found> {
    const url = objectUrl(base, request.key, request.query ?? {});
    const timeout = new AbortController();
    const { body } = request;
    const bodyBytes = body === undefined ? 0 : Buffer.isBuffer(body) ? body.length : body.sizeBytes;
    let afterMs = allowedMs(limits.timeoutMs, bodyBytes);
    let timer = setTimeout(() => timeout.abort(), afterMs);
    try {
      const response = await send(url, {
        dispatcher: agent,
        method: request.method,
        headers: {
          ...(await signedHeaders(url, request)),
          ...(body === undefined || Buffer.isBuffer(body) ? {} : { 'content-length': String(bodyBytes) }),
        },
        body: body === undefined || Buffer.isBuffer(body) ? (body ?? null) : createReadStream(body.path),
        signal: AbortSignal.any([timeout.signal, closing.signal]),
      });
      const answer = answerOf(response);
      clearTimeout(timer);
      afterMs = allowedMs(limits.timeoutMs, answer.sizeBytes ?? 0);
      timer = setTimeout(() => timeout.abort(), afterMs);
      return await read(answer, response.statusCode, take);
    } catch (error) {
      if (timeout.signal.aborted) throw new S3Failed({ kind: 'timeout', afterMs });
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async function repeat<Found>(request: S3Request, take: (answer: S3Answer) => Promise<Found>): Promise<Found> {
    const giveUpAt = performance.now() + limits.deadlineMs;
    for (let tries = 1; ; tries += 1) {
      try {
        return await once(request, take);
      } catch (error) {
        const waitMs = retryDelayMs(tries, random);
        const enough = tries >= limits.tries || performance.now() + waitMs > giveUpAt;
        if (enough || !mayPassLater(failureOf(error))) throw error;
        await delay(waitMs, undefined, { signal: closing.signal }).catch(() => undefined);
      }
    }
  }

  function explain(error: unknown, doing: string): BlobStoreError {
    // Without its cause, and without a code that repeats the key: either may hold parts of the request.
    const found = failureOf(error);
    const repeats = found.kind === 'status' && found.code?.includes(accessKeyId) === true;
    const failure = repeats ? { ...found, code: null } : found;
    return new BlobStoreError(describeS3Failure(failure, doing, place), { full: isFull(failure) });
  }

  return {
    async ask(request, take) {
      return repeat(request, take).catch((error: unknown) => {
        throw explain(error, request.doing);
      });
    },
    async find(request, take) {
      return repeat(request, take).catch((error: unknown) => {
        if (isMissing(failureOf(error))) return null;
        throw explain(error, request.doing);
      });
    },
    async create(request, take) {
      try {
        await repeat(request, take);
        return 'made';
      } catch (error) {
        const failure = failureOf(error);
        if (isTaken(failure)) return 'exists';
        if (isUnknown(failure) && request.headers?.['if-none-match'] !== undefined) return 'unsupported';
        throw explain(error, request.doing);
      }
    },
    readWhole,
    explain,
    async close() {
      closing.abort();
      await agent.destroy();
    },
  };
}

function hashOf(body: S3Request['body']): string {
  if (body !== undefined && !Buffer.isBuffer(body)) return body.sha256;
  return createHash('sha256')
    .update(body ?? '')
    .digest('hex');
}

function answerOf({ headers, body }: Dispatcher.ResponseData): S3Answer {
  const header = (name: string): string | null => {
    const value = headers[name];
    return typeof value === 'string' ? value : null;
  };
  const length = header('content-length');
  return { header, body, sizeBytes: length !== null && /^\d{1,15}$/.test(length) ? Number(length) : null };
}

async function read<Found>(
  answer: S3Answer,
  status: number,
  take: (answer: S3Answer) => Promise<Found>,
): Promise<Found> {
  try {
    if (status >= 200 && status < 300) return await take(answer);
    const text = await readWhole(answer, mostErrorBytes).then(String, () => '');
    throw new S3Failed({ kind: 'status', status, code: readErrorCode(text) });
  } catch (error) {
    // What nobody reads to its end must not hold up a connection, nor fail unheard.
    answer.body.on('error', () => undefined).destroy();
    throw error;
  }
}

async function readWhole({ body }: S3Answer, mostBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > mostBytes) throw failed({ kind: 'damaged', what: `its answer is longer than ${mostBytes} bytes` });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, sizeBytes);
}

function failureOf(error: unknown): S3Failure {
  if (error instanceof S3Failed) return error.failure;
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  return { kind: 'network', code };
}
