import type { BlobStore } from '../blobs/blob-store.ts';
import { blobKey } from '../blobs/blob-key.rules.ts';
import type { Clock } from '../clock.ts';
import { fullBucket, refill, type TokenBucket, waitForToken } from '../delivery/token-bucket.rules.ts';
import type { EventDraft } from '../events/event-draft.ts';
import { networkContains, parseAddress, parseNetwork, type Network } from '../egress/address.rules.ts';
import type { IdSource } from '../ids/id-source.ts';
import { Problem } from '../problem.ts';
import type { Answer, Identity, InboundRequest, Rejection, RejectionReason } from '../providers/provider-profile.ts';
import { reject } from '../providers/signature.rules.ts';
import type { SourceActivity } from '../sources/source-activity.ts';
import type { SourceConfig } from '../sources/source-config.ts';
import type { SourceDirectory } from '../sources/source-directory.ts';
import type { InboundAcceptor, Taken } from './inbound-acceptor.ts';
import { mediaTypeOf, payloadOf } from './payload.rules.ts';
import { RecentKeys } from './recent-keys.ts';
import { refusalOf } from './refusal.rules.ts';

/** What is known of a request before its body. */
export type RequestHead = {
  method: string;
  address: string;
  contentType: string | null;
  contentEncoding: string | null;
  contentLength: number | null;
};

export type Receiver = {
  /** Whether the source takes this request, as far as its head tells. @throws Problem, and it is on record then */
  admit(sourceId: string, head: RequestHead): SourceConfig;
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
const rememberedKeys = 50_000;
const stored: Answer = { status: 200, contentType: null, body: '' };

/** The way of a provider's request: what is refused before its body, verify, name, recognise, store, answer. */
export function createReceiver(options: {
  directory: Pick<SourceDirectory, 'find' | 'known'>;
  acceptor: Pick<InboundAcceptor, 'take'>;
  activity: Pick<SourceActivity, 'received' | 'duplicate' | 'rejected'>;
  blobs: Pick<BlobStore, 'put'>;
  ids: IdSource;
  clock: Clock;
  onSeenAgain: (teamId: string, eventId: string) => void;
  onReceived?: (provider: string, outcome: 'new' | 'duplicate') => void;
  onRejected?: (source: SourceConfig, rejection: { reason: RejectionReason; detail: string; address: string }) => void;
}): Receiver {
  const { directory, activity, clock, ids } = options;
  const recent = new RecentKeys(rememberedKeys);
  const networksOf = new WeakMap<SourceConfig, readonly Network[]>();
  const buckets = new Map<string, { perSecond: number; bucket: TokenBucket }>();

  const refuse = (source: SourceConfig, head: RequestHead, rejection: Rejection, bytes: number | null): Problem => {
    const { reason, detail } = rejection;
    activity.rejected(source, { reason, detail, address: head.address, bytes });
    options.onRejected?.(source, { reason, detail, address: head.address });
    return refusalOf(rejection, source);
  };

  const isAllowed = (source: SourceConfig, address: string): boolean => {
    if (source.allowAddresses === null) return true;
    let networks = networksOf.get(source);
    if (networks === undefined) {
      networks = source.allowAddresses.flatMap((cidr) => parseNetwork(cidr) ?? []);
      networksOf.set(source, networks);
    }
    const parsed = parseAddress(address.replace(/^::ffff:(?=\d+\.)/i, ''));
    return parsed !== null && networks.some((network) => networkContains(network, parsed));
  };

  const takeToken = (source: SourceConfig): number | null => {
    const perSecond = source.ratePerSecond;
    if (perSecond === null) return null;
    const nowMs = clock.now();
    const known = buckets.get(source.id);
    const bucket =
      known?.perSecond === perSecond ? refill(known.bucket, perSecond, nowMs) : fullBucket(perSecond, nowMs);
    const isEmpty = bucket.tokens < 1;
    buckets.set(source.id, { perSecond, bucket: isEmpty ? bucket : { ...bucket, tokens: bucket.tokens - 1 } });
    return isEmpty ? waitForToken(bucket, perSecond) : null;
  };

  const judgeHead = (source: SourceConfig, head: RequestHead): Rejection | null => {
    if (!isAllowed(source, head.address)) return reject('address_not_allowed', 'Its address is not on the list.');
    if (head.method !== 'POST' && !(head.method === 'GET' && source.profile.handshake !== undefined)) {
      return reject('method_not_taken', `It came by ${head.method.slice(0, 10)}.`);
    }
    if (head.contentEncoding !== null && head.contentEncoding.toLowerCase() !== 'identity') {
      return reject('content_encoding_not_taken', 'It came compressed or otherwise encoded.');
    }
    const { contentTypes } = source.profile;
    if (head.method === 'POST' && contentTypes !== null && !contentTypes.includes(mediaTypeOf(head.contentType))) {
      return reject('content_type_not_taken', `It came as ${mediaTypeOf(head.contentType).slice(0, 80) || 'nothing'}.`);
    }
    return null;
  };

  const draftOf = async (
    source: SourceConfig,
    request: InboundRequest,
    identity: Identity,
    credential: string,
    contentType: string | null,
  ): Promise<EventDraft> => {
    const { body } = request;
    let blob: EventDraft['blob'] = null;
    if (body.length > inlineMaxBytes) {
      const key = blobKey({ nowMs: clock.now(), teamId: source.teamId, blobId: ids.next('blb') });
      await options.blobs.put(key, body);
      blob = { key, sizeBytes: body.length };
    }
    return {
      teamId: source.teamId,
      type: identity.eventType,
      contentType: contentType ?? 'application/octet-stream',
      body: blob === null ? body : Buffer.alloc(0),
      blob,
      payload: payloadOf(contentType, body),
      origin: { sourceId: source.id, externalId: identity.externalId, coverage: source.coverage, credential },
      idempotencyKey: identity.dedupeKey,
      keySeconds: source.dedupeWindowSeconds,
      requestHash: null,
      orderingKey: identity.subject,
      occurredAtMs: identity.occurredAtMs,
      onlyEndpointId: null,
    };
  };

  const told = (source: SourceConfig, key: string, taken: Taken): void => {
    if (taken.duplicate) {
      activity.duplicate(source);
      if (taken.eventId !== null) options.onSeenAgain(source.teamId, taken.eventId);
    } else activity.received(source);
    if (taken.eventId !== null) recent.add(source.id, key, taken.eventId);
    options.onReceived?.(source.profile.name, taken.duplicate ? 'duplicate' : 'new');
  };

  return {
    admit(sourceId, head) {
      const source = directory.find(sourceId);
      if (source === null) {
        if (directory.known) throw new Problem('not_found', 'There is nothing at this path.');
        throw new Problem('database_unavailable', 'Sources are not known yet. Send it again.', {
          retryAfterSeconds: 5,
        });
      }
      const rejection = judgeHead(source, head);
      if (rejection !== null) throw refuse(source, head, rejection, head.contentLength);
      if (source.status === 'paused') {
        throw new Problem('source_paused', 'This source is paused; send it again later.', { retryAfterSeconds: 60 });
      }
      const waitMs = takeToken(source);
      if (waitMs !== null) {
        const limit = reject('rate_limited', `The source takes ${source.ratePerSecond} requests a second.`);
        throw refuse(source, { ...head }, limit, head.contentLength);
      }
      return source;
    },

    methodsOf: (sourceId) => (directory.find(sourceId)?.profile.handshake === undefined ? 'POST' : 'GET, POST'),

    tooLarge(source, head) {
      const detail = `The source takes bodies of ${source.bodyMaxBytes} bytes.`;
      return refuse(source, head, reject('body_too_large', detail), head.contentLength);
    },

    async receive(source, request, head) {
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
      const earlier = recent.find(source.id, identity.dedupeKey);
      if (earlier !== null) {
        told(source, identity.dedupeKey, { eventId: earlier, duplicate: true });
        return answer;
      }
      const draft = await draftOf(source, request, identity, verdict.credential, head.contentType);
      told(source, identity.dedupeKey, await options.acceptor.take(draft));
      return answer;
    },
  };
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
