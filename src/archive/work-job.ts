import { json } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import type { BlobStore } from '../blobs/blob-store.ts';
import { BlobStoreError } from '../blobs/blob-store.ts';
import type { Caller, OwnAnswer } from '../calling/caller.ts';
import type { ConnectionConfig, ConnectionDirectory } from '../connections/connection-config.ts';
import type { Context } from '../context.ts';
import { getEventBody } from '../events/get-event-body.ts';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import type { ArchivePlan, CompletionEvent, PlannedDocument } from '../providers/archive-plan.ts';
import { findArchivePlan } from '../providers/archive-plans.ts';
import { type ArchiveError, errorOfStatus, isNotOffered, retryAfterMs } from './archive-errors.rules.ts';
import { ArchiveFailure } from './archive-failure.ts';
import type { ClaimedJob } from './archive-job.ts';
import { insertDocument, listFetchedPaths } from './archived-document.store.ts';
import { checkedStream } from './checked-stream.ts';
import { contentTypeOf, nameWithEnding } from './content.rules.ts';

export type WorkContext = Pick<Context, 'database' | 'clock' | 'ids'> & {
  blobs: Pick<BlobStore, 'kept' | 'open'>;
  connections: Pick<ConnectionDirectory, 'find'>;
  call: Caller;
  maxDocumentBytes: number;
  /** When a new document is verified first. */
  verifyInMs: () => number;
};

const statusMaxBytes = 4 * 1024 * 1024;

/**
 * Fetches everything of one completed subject: first its status, then each document that this effort has not got yet,
 * streamed into the blob store and written down. A failure of one document does not keep the others from being fetched.
 * @throws ArchiveFailure for what stands in the way; what was stored until then stays.
 */
export async function workJob(ctx: WorkContext, job: ClaimedJob, signal: AbortSignal): Promise<void> {
  const connection = ctx.connections.find(job.connectionId);
  if (connection === null || connection.teamId !== job.teamId) throw new ArchiveFailure('connection_unknown');
  const plan = findArchivePlan(connection.profile.name);
  if (plan === null) throw new ArchiveFailure('no_documents');
  const event = { type: job.completion, subject: job.subject, body: await readEvent(ctx, job) };
  const status = await readStatus(ctx, { connection, plan, event, signal });
  const documents = plan.documentsOf(event, status, connection.options);
  if (documents.length === 0) throw new ArchiveFailure('no_documents');
  const fetched = await listFetchedPaths(ctx.database, job.teamId, job.id);
  let first: ArchiveFailure | null = null;
  for (const document of documents) {
    if (fetched.has(document.path)) continue;
    try {
      await fetchDocument(ctx, job, document, signal);
    } catch (error) {
      const failure = asFailure(error, 'internal');
      if (document.optional && isNotOffered(failure.error, job.attempts + 1)) continue;
      if (!ofOneDocument.has(failure.error)) throw failure;
      first ??= failure;
    }
  }
  if (first !== null) throw first;
}

/** After any other failure, the next call would fail likewise. */
const ofOneDocument: ReadonlySet<string> = new Set(['not_found', 'wrong_content', 'cut_short', 'too_large']);

/** Parsed; undefined when nobody's event told of it, it is past retention, or it is no JSON. */
async function readEvent(ctx: WorkContext, job: ClaimedJob): Promise<unknown> {
  if (job.eventId === null) return undefined;
  try {
    const { body } = await getEventBody(ctx, { teamId: job.teamId, eventId: job.eventId });
    return Buffer.isBuffer(body) ? (JSON.parse(body.toString('utf8')) as unknown) : await json(body);
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof Problem && error.code === 'not_found')) return undefined;
    throw asFailure(error, 'internal');
  }
}

async function readStatus(
  ctx: WorkContext,
  asked: { connection: ConnectionConfig; plan: ArchivePlan; event: CompletionEvent; signal: AbortSignal },
): Promise<unknown> {
  const { connection, plan, event, signal } = asked;
  const where = plan.statusOf(event, connection.options);
  if (where === null) return undefined;
  const answer = await get(ctx, { connectionId: connection.id, ...where, accept: 'application/json', signal });
  let status: unknown;
  try {
    status = JSON.parse((await readBounded(answer.body, statusMaxBytes)).toString('utf8'));
  } catch (error) {
    throw error instanceof SyntaxError ? new ArchiveFailure('wrong_content') : asFailure(error, 'cut_short');
  }
  if (!plan.isCompleted(status)) throw new ArchiveFailure('not_completed');
  return status;
}

async function fetchDocument(
  ctx: WorkContext,
  job: ClaimedJob,
  planned: PlannedDocument,
  signal: AbortSignal,
): Promise<void> {
  const { kind, name, path, accept, format } = planned;
  const answer = await get(ctx, { connectionId: job.connectionId, path, accept, signal });
  const { headers } = answer;
  const length = headers['content-length'];
  const sizeBytes = length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : null;
  const body = checkedStream(answer.body, { format, sizeBytes, maxBytes: ctx.maxDocumentBytes });
  const kept = await ctx.blobs.kept.keep(job.teamId, body).catch((error: unknown) => {
    // What is neither the check's nor the store's word ended the download.
    throw error instanceof Problem ? new ArchiveFailure('cut_short', { cause: error }) : asFailure(error, 'cut_short');
  });
  const contentType = contentTypeOf(format, headers['content-type']);
  await insertDocument(ctx.database, {
    id: ctx.ids.next(idPrefixes.archivedDocument),
    teamId: job.teamId,
    jobId: job.id,
    connectionId: job.connectionId,
    provider: job.provider,
    subject: job.subject,
    kind,
    path,
    contentType,
    ...kept,
    name: nameWithEnding(name, contentType),
    callId: isId(idPrefixes.call, answer.callId) ? answer.callId : null,
    verifyInMs: ctx.verifyInMs(),
  });
}

/** An answer with 200 whose bytes are the document's own. @throws ArchiveFailure */
async function get(
  ctx: WorkContext,
  input: { connectionId: string; path: string; accept: string; signal: AbortSignal },
): Promise<OwnAnswer> {
  const { connectionId, path, accept, signal } = input;
  const headers = { accept, 'accept-encoding': 'identity' };
  let answer: OwnAnswer;
  try {
    answer = await ctx.call({ connectionId, method: 'GET', path, headers, origin: 'archive', signal });
  } catch (error) {
    throw asFailure(error, 'call_failed');
  }
  const encoding = String(answer.headers['content-encoding'] ?? 'identity').toLowerCase();
  const error = errorOfStatus(answer.status) ?? (encoding === 'identity' ? null : 'wrong_content');
  if (error === null) return answer;
  answer.body.on('error', () => undefined).destroy();
  const askedMs = retryAfterMs(answer.headers['retry-after'], ctx.clock.now());
  throw new ArchiveFailure(error, { retryAfterMs: askedMs });
}

async function readBounded(body: Readable, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) throw new ArchiveFailure('too_large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, sizeBytes);
}

/** What went wrong, as the archive tells it; `otherwise` for what has no name. */
function asFailure(error: unknown, otherwise: ArchiveError): ArchiveFailure {
  if (error instanceof ArchiveFailure) return error;
  if (error instanceof BlobStoreError) return new ArchiveFailure('store_failed', { cause: error });
  if (!(error instanceof Problem)) return new ArchiveFailure(otherwise, { cause: error });
  const { retryAfterSeconds } = error;
  const askedMs = retryAfterSeconds === undefined ? null : retryAfterSeconds * 1000;
  return new ArchiveFailure('call_failed', { retryAfterMs: askedMs, cause: error });
}
