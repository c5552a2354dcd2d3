import { buffer } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import { type AuditContext, recordChange } from '../audit/record-change.ts';
import type { BlobStore } from '../blobs/blob-store.ts';
import type { Context } from '../context.ts';
import { readAsTeam } from '../database/read-as-team.ts';
import { inTransaction } from '../database/transaction.ts';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import { findProfile } from '../providers/registry.ts';
import { findEventBody, type StoredBody } from './event-query.store.ts';
import { eventNotFound } from './get-event.ts';
import { mayReveal } from './may-reveal.rules.ts';

export type EventBody = {
  contentType: string;
  /** A stream when the body is large; whoever takes it reads or destroys it. */
  body: Buffer | Readable;
  /** Live tokens of the provider are masked in it. */
  redacted: boolean;
};

/**
 * The bytes that receivers get, with their content type, but for what the provider's profile masks.
 * @throws Problem not_found
 */
export async function getEventBody(
  ctx: Pick<Context, 'database'> & { blobs: Pick<BlobStore, 'open'> },
  input: { teamId: string; eventId: string },
): Promise<EventBody> {
  const found = await findOrRefuse(ctx, input);
  const whole = await readWhole(ctx, input.eventId, found);
  const redact = found.provider === null ? undefined : findProfile(found.provider)?.redact;
  if (redact === undefined) return { contentType: found.contentType, body: whole, redacted: false };
  const bytes = Buffer.isBuffer(whole) ? whole : await buffer(whole);
  const masked = redact(bytes);
  return { contentType: found.contentType, body: masked ?? bytes, redacted: masked !== null };
}

/**
 * The same with what is masked otherwise, which needs a permission of its own and is on record before it is read.
 * @throws Problem not_found, forbidden
 */
export async function revealEventBody(
  ctx: AuditContext & Pick<Context, 'database' | 'actor'> & { blobs: Pick<BlobStore, 'open'> },
  input: { teamId: string; eventId: string },
): Promise<EventBody> {
  if (!mayReveal(ctx.actor)) {
    throw new Problem('forbidden', 'This API key does not hold the permission "events:reveal".');
  }
  const { teamId, eventId } = input;
  const found = await findOrRefuse(ctx, input);
  const target = { kind: 'event', id: eventId };
  await inTransaction(ctx.database, (client) =>
    recordChange(ctx, client, { teamId, action: 'event.revealed', target, fields: {} }),
  );
  return { contentType: found.contentType, body: await readWhole(ctx, eventId, found), redacted: false };
}

/** The very bytes, for whoever holds a signed URL. @throws Problem not_found */
export async function getBodyByUrl(
  ctx: Pick<Context, 'database'> & { blobs: Pick<BlobStore, 'open'> },
  input: { teamId: string; eventId: string },
): Promise<EventBody> {
  const found = await findOrRefuse(ctx, input);
  return { contentType: found.contentType, body: await readWhole(ctx, input.eventId, found), redacted: false };
}

async function findOrRefuse(
  ctx: Pick<Context, 'database'>,
  input: { teamId: string; eventId: string },
): Promise<StoredBody> {
  const known = isId(idPrefixes.event, input.eventId);
  const found = known
    ? await readAsTeam(ctx.database, input.teamId, (database) => findEventBody(database, input.teamId, input.eventId))
    : null;
  if (found === null) throw eventNotFound(input.eventId);
  return found;
}

async function readWhole(
  ctx: { blobs: Pick<BlobStore, 'open'> },
  eventId: string,
  found: StoredBody,
): Promise<Buffer | Readable> {
  if (found.blobKey === null) return found.body;
  const blob = await ctx.blobs.open(found.blobKey);
  if (blob === null) throw eventNotFound(eventId);
  return blob.stream;
}
