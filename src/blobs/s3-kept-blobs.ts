import { createHash } from 'node:crypto';
import { mkdir, unlink } from 'node:fs/promises';
import { keptBlobKey, keptTeamFolder } from './blob-key.rules.ts';
import { BlobStoreError } from './blob-store.ts';
import { type StreamDraft, sweepDrafts, writeStreamDraft } from './drafts.ts';
import { describeFolderFailure } from './folder-failure.rules.ts';
import type { KeptBlobs } from './kept-blobs.ts';
import type { ObjectLock } from './object-lock.rules.ts';
import { objectLockHeaders } from './object-lock.rules.ts';
import { failed, type S3Client } from './s3-client.ts';

const mostAnswerBytes = 1024 * 1024;
const draftsAreOldAfterMs = 60 * 60_000;

/**
 * Blobs that are kept, as objects `<root>archive/<team id>/<sha256>`. A stream is written to a draft on this machine
 * first: its hash and length are signed and named before S3 gets a byte of it, so S3 itself refuses anything else.
 */
export function createS3KeptBlobs(options: {
  client: S3Client;
  /** '' or a prefix that ends with a slash. */
  root: string;
  draftFolder: string;
  objectLock: ObjectLock | null;
  now: () => number;
  /** Removes every object whose key begins so. */
  removeUnder: (prefix: string) => Promise<void>;
}): KeptBlobs {
  const { client, root, draftFolder, objectLock } = options;
  // Amazon and most others know If-None-Match for PUT; who does not answers 501.
  let knowsConditions = true;
  let sweeping: Promise<void> | null = null;

  /** Drafts that a crash left, once. */
  function sweep(): Promise<void> {
    const olderThanMs = options.now() - draftsAreOldAfterMs;
    sweeping ??= sweepDrafts({ folder: draftFolder, olderThanMs, stopped: () => false }).catch(() => undefined);
    return sweeping;
  }

  async function put(key: string, draft: StreamDraft, onlyNew: boolean): Promise<'made' | 'exists' | 'unsupported'> {
    const headers = {
      'content-type': 'application/octet-stream',
      'content-md5': draft.md5,
      'x-amz-meta-sha256': draft.sha256,
      ...(onlyNew ? { 'if-none-match': '*' } : {}),
      ...(objectLock === null ? {} : objectLockHeaders(objectLock, options.now())),
    };
    return client.create({ method: 'PUT', key, body: draft, headers, doing: 'keep a document' }, async (answer) => {
      await client.readWhole(answer, mostAnswerBytes);
      // Anything may answer 200; S3 names what it has stored.
      if (answer.header('etag') === null) {
        throw failed({ kind: 'damaged', what: 'it did not confirm that it stored the document' });
      }
    });
  }

  async function openKey(key: string) {
    const doing = 'read a document';
    return client.find({ method: 'GET', key, doing }, async (answer) => {
      if (answer.sizeBytes === null) {
        throw failed({ kind: 'damaged', what: 'it does not say how long the document is' });
      }
      return { sizeBytes: answer.sizeBytes, stream: answer.body };
    });
  }

  async function isIntact(key: string, sha256: string): Promise<boolean> {
    const found = await openKey(key);
    if (found === null) return false;
    const hash = createHash('sha256');
    try {
      for await (const chunk of found.stream as AsyncIterable<Buffer>) hash.update(chunk);
    } catch (error) {
      throw client.explain(error, 'read a document');
    }
    return hash.digest('hex') === sha256;
  }

  async function store(key: string, draft: StreamDraft): Promise<void> {
    const first = await put(key, draft, knowsConditions);
    if (first === 'made' || (first === 'exists' && (await isIntact(key, draft.sha256)))) return;
    if (first === 'unsupported') knowsConditions = false;
    const second = await put(key, draft, false);
    if (second !== 'made') throw client.explain(failed({ kind: 'damaged', what: 'it refuses it' }), 'keep a document');
  }

  return {
    async keep(teamId, bytes) {
      const explain = (error: unknown): BlobStoreError => {
        const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
        const { full, message } = describeFolderFailure('written', draftFolder, code);
        return new BlobStoreError(message, { full, cause: error });
      };
      // A wrong id must not cost a download.
      keptTeamFolder(teamId);
      await mkdir(draftFolder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
        bytes.destroy();
        throw explain(error);
      });
      await sweep();
      const draft = await writeStreamDraft(draftFolder, bytes, { mode: 0o600, explain });
      const { sha256, sizeBytes } = draft;
      try {
        await store(root + keptBlobKey({ teamId, sha256 }), draft);
        return { sha256, sizeBytes };
      } finally {
        await unlink(draft.path).catch(() => undefined);
      }
    },
    open: (teamId, sha256) => openKey(root + keptBlobKey({ teamId, sha256 })),
    removeTeam: (teamId) => options.removeUnder(`${root}${keptTeamFolder(teamId)}/`),
  };
}
