import { createHash, randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { isBlobDay, isBlobTeam, parseBlobKey } from './blob-key.rules.ts';
import { type BlobStore, BlobStoreError } from './blob-store.ts';
import { readDeletionErrors, readListing, type S3Listing, writeDeletion } from './s3-answers.rules.ts';
import type { ObjectLock } from './object-lock.rules.ts';
import { createS3Client, failed, type S3Answer, type S3Limits, type S3Location } from './s3-client.ts';
import { createS3KeptBlobs } from './s3-kept-blobs.ts';

const mostAnswerBytes = 8 * 1024 * 1024;
const checksumHeader = 'x-amz-meta-sha256';

/**
 * Blobs as objects of an S3 bucket, `<prefix>/<day>/<team id>/<blob id>`. S3 verifies what it stores by the signed hash
 * and Content-MD5; what it gives back is verified by the SHA-256 that was stored with it. A response is done when S3 says
 * so: durability is the service's. Objects that are no blobs are left alone.
 */
export function createS3BlobStore(
  options: S3Location &
    Partial<S3Limits> & {
      prefix?: string;
      /** Certificate authorities to trust beside the public ones. */
      caPem?: string;
      random?: () => number;
      /** Where documents are written before they go to the bucket. */
      draftFolder?: string;
      /** For what is kept; the bucket must have been made with Object Lock. */
      objectLock?: ObjectLock | null;
      now?: () => number;
    },
): BlobStore {
  const { prefix = '', timeoutMs = 10_000, deadlineMs = 20_000, tries = 4, caPem, random, ...others } = options;
  const { draftFolder = join(tmpdir(), 'posthorn-drafts'), objectLock = null, now = Date.now, ...location } = others;
  const root = prefix === '' ? '' : `${prefix.replace(/^\/+|\/+$/g, '')}/`;
  const client = createS3Client({
    location,
    limits: { timeoutMs, deadlineMs, tries },
    ...(caPem === undefined ? {} : { caPem }),
    ...(random === undefined ? {} : { random }),
  });

  async function putObject(key: string, body: Buffer): Promise<void> {
    const headers = {
      'content-type': 'application/octet-stream',
      'content-md5': md5Of(body),
      [checksumHeader]: sha256Of(body),
    };
    await client.ask({ method: 'PUT', key, body, headers, doing: 'store a body' }, async (answer) => {
      await client.readWhole(answer, mostAnswerBytes);
      // Anything may answer 200; S3 names what it has stored.
      if (answer.header('etag') === null) throw damaged('it did not confirm that it stored the body');
    });
  }

  function getObject(key: string): Promise<Buffer | null> {
    return client.find({ method: 'GET', key, doing: 'read a body' }, async (answer) => {
      const expected = expectedOf(answer);
      const body = await client.readWhole(answer, expected.sizeBytes);
      const wrong = mismatch(expected, body.length, sha256Of(body));
      if (wrong !== null) throw wrong;
      return body;
    });
  }

  /** Every page under a prefix, in order; `delimiter` folds what is below. */
  async function* pages(under: string, delimiter?: string): AsyncGenerator<S3Listing> {
    let token: string | null = null;
    do {
      const query: Record<string, string> = {
        'list-type': '2',
        prefix: under,
        ...(delimiter === undefined ? {} : { delimiter }),
        ...(token === null ? {} : { 'continuation-token': token }),
      };
      const page: S3Listing = await client.ask(
        { method: 'GET', key: '', query, doing: 'list bodies' },
        async (answer) => {
          const listing = readListing((await client.readWhole(answer, mostAnswerBytes)).toString('utf8'));
          if (listing === null || (listing.nextToken !== null && listing.nextToken === token)) {
            throw damaged('its list cannot be understood');
          }
          return listing;
        },
      );
      yield page;
      token = page.nextToken;
    } while (token !== null);
  }

  async function removeObjects(keys: string[]): Promise<void> {
    const body = Buffer.from(writeDeletion(keys), 'utf8');
    const headers = { 'content-type': 'application/xml', 'content-md5': md5Of(body) };
    const request = { method: 'POST', key: '', query: { delete: '' }, headers, body, doing: 'remove bodies' } as const;
    await client.ask(request, async (answer) => {
      const errors = readDeletionErrors((await client.readWhole(answer, mostAnswerBytes)).toString('utf8'));
      if (errors === null) throw damaged('its answer cannot be understood');
      // Another try removes all of them again, which does no harm.
      if (errors.length > 0) throw failed({ kind: 'status', status: 200, code: errors[0] ?? null });
    });
  }

  async function removeUnder(under: string, isOurs: (key: string) => boolean): Promise<void> {
    for await (const { keys } of pages(under)) {
      const ours = keys.filter((key) => key.startsWith(under) && isOurs(key));
      if (ours.length > 0) await removeObjects(ours);
    }
  }

  return {
    kept: createS3KeptBlobs({
      client,
      root,
      draftFolder,
      objectLock,
      now,
      removeUnder: (under) => removeUnder(under, () => true),
    }),

    async put(key, body) {
      await putObject(root + checked(key), body);
    },

    get: async (key) => getObject(root + checked(key)),

    async open(key) {
      const request = { method: 'GET', key: root + checked(key), doing: 'read a body' } as const;
      return client.find(request, async (answer) => {
        const expected = expectedOf(answer);
        const explain = (error: unknown) => client.explain(error, request.doing);
        return { sizeBytes: expected.sizeBytes, stream: verified(answer, expected, explain) };
      });
    },

    async days() {
      const found = new Set<string>();
      for await (const { prefixes } of pages(root, '/')) {
        for (const each of prefixes) {
          const day = each.slice(root.length, -1);
          if (each.startsWith(root) && isBlobDay(day)) found.add(day);
        }
      }
      return [...found].sort();
    },

    async removeDay(day, teamId) {
      if (!isBlobDay(day) || (teamId !== undefined && !isBlobTeam(teamId))) {
        throw new BlobStoreError('Not the day and team of any blob.');
      }
      const under = `${root}${day}/${teamId === undefined ? '' : `${teamId}/`}`;
      await removeUnder(under, (key) => parseBlobKey(key.slice(root.length)) !== null);
    },

    async check() {
      const key = `${root}probe-${randomBytes(12).toString('hex')}`;
      const probe = randomBytes(64);
      await putObject(key, probe);
      const read = await getObject(key);
      await client.find({ method: 'DELETE', key, doing: 'remove a probe' }, (answer) =>
        client.readWhole(answer, mostAnswerBytes),
      );
      if (read === null || !read.equals(probe)) {
        throw client.explain(damaged('it does not give back what it took'), 'store a probe');
      }
    },

    close: () => client.close(),
  };
}

type Expected = { sizeBytes: number; sha256: string | null };

function expectedOf(answer: S3Answer): Expected {
  if (answer.sizeBytes === null) throw damaged('it does not say how long the body is');
  return { sizeBytes: answer.sizeBytes, sha256: answer.header(checksumHeader) };
}

/** Objects that other programs copied may have lost their checksum; their length is held to all the same. */
function mismatch(expected: Expected, sizeBytes: number, sha256: string): Error | null {
  if (sizeBytes !== expected.sizeBytes) return damaged('the body is not as long as announced');
  const differs = expected.sha256 !== null && expected.sha256 !== sha256;
  return differs ? damaged('the body is not the one that was stored') : null;
}

/** The body as it comes; it ends in an error when it is not what was stored, or stops. */
function verified(answer: S3Answer, expected: Expected, explain: (error: unknown) => BlobStoreError): Transform {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      sizeBytes += chunk.length;
      done(null, chunk);
    },
    flush(done) {
      const wrong = mismatch(expected, sizeBytes, hash.digest('hex'));
      done(wrong === null ? null : explain(wrong));
    },
    destroy(error, done) {
      answer.body.destroy();
      done(error);
    },
  });
  answer.body.on('error', (error) => stream.destroy(explain(error)));
  answer.body.pipe(stream);
  return stream;
}

function damaged(what: string): Error {
  return failed({ kind: 'damaged', what });
}

function checked(key: string): string {
  if (parseBlobKey(key) === null) {
    throw new BlobStoreError('Not a key of a blob: it is <yyyymmdd>/<team id>/<blob id>.');
  }
  return key;
}

function md5Of(body: Buffer): string {
  return createHash('md5').update(body).digest('base64');
}

function sha256Of(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex');
}
