import { createHash } from 'node:crypto';
import { type BlobStore, BlobStoreError } from '../blobs/blob-store.ts';
import { blobKey } from '../blobs/blob-key.rules.ts';
import type { Clock } from '../clock.ts';
import type { EventDraft } from '../events/event-draft.ts';
import { timeOfId } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import type { Answer, Identity, InboundRequest, Rejection, RejectionReason } from '../providers/provider-profile.ts';
import { reject } from '../providers/signature.rules.ts';
import type { SourceActivity } from '../sources/source-activity.ts';
import type { SourceConfig } from '../sources/source-config.ts';
import type { SourceDirectory } from '../sources/source-directory.ts';
import type { InboundAcceptor, Taken } from './inbound-acceptor.ts';
import { endOfTurn } from './end-of-turn.ts';
import { createHeadJudge, type RequestHead } from './judge-head.ts';
import { payloadOf } from './payload.rules.ts';
import { RecentKeys } from './recent-keys.ts';
import { refusalOf } from './refusal.rules.ts';

export type Receiver = {
  /** Whether the source takes this request, as far as its head tells. @throws Problem, and it is on record then */
  admit(sourceId: string, head: RequestHead): SourceConfig;
  /** Null, or resolves when a source that has just been made may be admitted. */
  awaitNew(sourceId: string): Promise<void> | null;
  /** As an Allow header has them. */
  methodsOf(sourceId: string): string;
  /** The body was larger than the source takes. */
  tooLarge(source: SourceConfig, head: RequestHead): Problem;
  /**
   * Verifies, names, recognises duplicates and stores; resolves with the provider's answer when the event is durable.
   * @throws Problem invalid_signature, database_unavailable, overloaded
   */
  receive(source: SourceConfig, request: InboundRequest, head: RequestHead): Promise<Answer>;
};

/** Larger bodies go to the blob store. */
const inlineMaxBytes = 256 * 1024;
/** About 150 bytes each. */
const rememberedKeys = 131_072;
const stored: Answer = { status: 200, contentType: null, body: '' };

/** The way of a provider's request: what is refused before its body, verify, name, recognise, store, answer. */
export function createReceiver(options: {
  directory: Pick<SourceDirectory, 'find' | 'has' | 'known' | 'awaitNew'>;
  acceptor: Pick<InboundAcceptor, 'take'>;
  activity: Pick<SourceActivity, 'received' | 'duplicate' | 'rejected'>;
  blobs: Pick<BlobStore, 'put'>;
  clock: Clock;
  onSeenAgain: (teamId: string, eventId: string) => void;
  onReceived?: (provider: string, outcome: 'new' | 'duplicate') => void;
  onRejected?: (source: SourceConfig, rejection: { reason: RejectionReason; detail: string; address: string }) => void;
  onError: (error: unknown) => void;
}): Receiver {
  const { directory, activity, clock } = options;
  const recent = new RecentKeys(rememberedKeys);
  const judge = createHeadJudge(clock);

  const refuse = (source: SourceConfig, head: RequestHead, rejection: Rejection, bytes: number | null): Problem => {
    const { reason, detail } = rejection;
    activity.rejected(source, { reason, detail, address: head.address, bytes });
    options.onRejected?.(source, { reason, detail, address: head.address });
    return refusalOf(rejection, source);
  };

  /** Named by its content: copies that come at once, or again, take no more room. */
  const putBlob = async (teamId: string, body: Buffer): Promise<EventDraft['blob']> => {
    const blobId = createHash('sha256').update(body).digest('hex');
    const key = blobKey({ nowMs: clock.now(), teamId, blobId });
    try {
      await options.blobs.put(key, body);
    } catch (error) {
      options.onError(error);
      const isFull = error instanceof BlobStoreError && error.full;
      const what = isFull ? 'has no room' : 'is out of reach';
      throw new Problem('overloaded', `The store for large bodies ${what}. Send it again.`, {
        retryAfterSeconds: 10,
        cause: error,
      });
    }
    return { key, sizeBytes: body.length };
  };

  const draftOf = (
    source: SourceConfig,
    { body }: InboundRequest,
    blob: EventDraft['blob'],
    identity: Identity,
    credential: string,
    contentType: string | null,
  ): EventDraft => {
    return {
      teamId: source.teamId,
      type: identity.eventType,
      contentType: contentType ?? 'application/octet-stream',
      body: blob === null ? body : Buffer.alloc(0),
      blob,
      // Read when a filter asks for it: parsing a large body makes strings as large.
      get payload() {
        return payloadOf(contentType, body);
      },
      origin: { sourceId: source.id, externalId: identity.externalId, coverage: source.coverage, credential },
      idempotencyKey: identity.dedupeKey,
      keySeconds: source.dedupeWindowSeconds,
      requestHash: null,
      orderingKey: identity.subject,
      occurredAtMs: identity.occurredAtMs,
      onlyEndpointId: null,
    };
  };

  const told = (source: SourceConfig, taken: Taken, { address, host }: RequestHead): void => {
    const arrival = { address, host, eventId: taken.eventId };
    if (taken.duplicate) {
      activity.duplicate(source, arrival);
      if (taken.eventId !== null) options.onSeenAgain(source.teamId, taken.eventId);
    } else activity.received(source, arrival);
    options.onReceived?.(source.profile.name, taken.duplicate ? 'duplicate' : 'new');
  };

  const findOrRefuse = (sourceId: string): SourceConfig => {
    const source = directory.find(sourceId);
    if (source !== null) return source;
    if (directory.has(sourceId)) {
      const detail = 'This source cannot be read: the log of Posthorn says why. Send it again later.';
      throw new Problem('source_paused', detail, { retryAfterSeconds: 60 });
    }
    if (directory.known) throw notFound();
    throw new Problem('database_unavailable', 'Sources are not known yet. Send it again.', { retryAfterSeconds: 5 });
  };

  const findRecent = (source: SourceConfig, key: string): string | null => {
    const eventId = recent.find(source.id, key);
    if (eventId === null) return null;
    return clock.now() < timeOfId(eventId) + source.dedupeWindowSeconds * 1000 ? eventId : null;
  };

  const accept = async (draft: EventDraft): Promise<Taken> => {
    try {
      return await options.acceptor.take(draft);
    } catch (error) {
      // Its team has just been deleted: the source is gone like any other.
      throw error instanceof Problem && error.code === 'not_found' ? notFound() : error;
    }
  };

  return {
    admit(sourceId, head) {
      const source = findOrRefuse(sourceId);
      const rejection = judge.head(source, head);
      if (rejection !== null) throw refuse(source, head, rejection, head.contentLength);
      if (source.status === 'paused') throw paused();
      const limit = judge.rate(source);
      if (limit !== null) throw refuse(source, head, limit, head.contentLength);
      return source;
    },

    awaitNew: (sourceId) => directory.awaitNew(sourceId),

    methodsOf: (sourceId) => (directory.find(sourceId)?.profile.handshake === undefined ? 'POST' : 'GET, POST'),

    tooLarge(source, head) {
      const detail = `The source takes bodies of up to ${source.bodyMaxBytes} bytes.`;
      return refuse(source, head, reject('body_too_large', detail), head.contentLength);
    },

    async receive(admitted, request, head) {
      // It may have been changed or deleted while the body arrived.
      const source = findOrRefuse(admitted.id);
      if (source.status === 'paused') throw paused();
      const { profile } = source;
      const nowMs = clock.now();
      const credentials = source.credentials.filter(({ expiresAtMs }) => expiresAtMs === null || nowMs < expiresAtMs);
      const dead = deadKind(source, credentials);
      if (dead !== null) {
        const detail = `Give the source a credential of the kind "${dead}" that has not expired.`;
        throw refuse(source, head, reject('credentials_expired', detail), request.body.length);
      }
      if (request.method === 'GET') {
        const answer = profile.handshake?.(request, credentials, source.options) ?? null;
        if (answer !== null) return answer;
        const rejection = reject('signature_mismatch', 'The question of the provider does not fit this source.');
        throw refuse(source, head, rejection, 0);
      }
      const verdict = profile.verify(request, credentials, source.options, nowMs);
      if (!verdict.verified) throw refuse(source, head, verdict, request.body.length);
      const handshake = profile.handshake?.(request, credentials, source.options) ?? null;
      if (handshake !== null) return handshake;

      const identity = profile.identify(request, source.options);
      const answer = profile.answer?.(request, credentials, source.options) ?? stored;
      const earlier = findRecent(source, identity.dedupeKey);
      if (earlier !== null) {
        told(source, { eventId: earlier, duplicate: true }, head);
        await endOfTurn();
        return answer;
      }
      const { body } = request;
      const blob = body.length > inlineMaxBytes ? await putBlob(source.teamId, body) : null;
      const draft = draftOf(source, request, blob, identity, verdict.credential, head.contentType);
      const taken = await accept(draft);
      if (taken.eventId !== null) recent.add(source.id, identity.dedupeKey, taken.eventId);
      told(source, taken, head);
      return answer;
    },
  };
}

/** The same for what never was and for what is not there any more. */
function notFound(): Problem {
  return new Problem('not_found', 'There is nothing at this path.');
}

function paused(): Problem {
  return new Problem('source_paused', 'This source is paused; send it again later.', { retryAfterSeconds: 60 });
}

/**
 * A kind of credential that the source has and of which none is alive. Every kind must verify: without this, a source
 * whose signing keys have all expired would go on with its weaker kind.
 */
function deadKind(source: SourceConfig, live: readonly { kind: string }[]): string | null {
  if (live.length === source.credentials.length && live.length > 0) return null;
  const dead = source.credentials.find(({ kind }) => !live.some((credential) => credential.kind === kind));
  return dead?.kind ?? (live.length === 0 ? (Object.keys(source.profile.credentialKinds)[0] ?? 'secret') : null);
}
