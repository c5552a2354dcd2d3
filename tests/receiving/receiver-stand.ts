import { Problem } from '../../src/problem.ts';
import type { InboundRequest } from '../../src/providers/provider-profile.ts';
import { findProfile } from '../../src/providers/registry.ts';
import type { RequestHead } from '../../src/receiving/judge-head.ts';
import { createReceiver, type Receiver } from '../../src/receiving/receiver.ts';
import type { BlobStore } from '../../src/blobs/blob-store.ts';
import { createIdSource } from '../../src/ids/id-source.ts';
import type { Arrival } from '../../src/sources/arrival.rules.ts';
import type { SourceConfig } from '../../src/sources/source-config.ts';
import { emptyBlobStore } from '../support/blobs.ts';
import { AcceptTwin } from './acceptor-stand.ts';

const ids = createIdSource({ now: Date.now });
export const secret = 'correct horse battery staple';

/** A source as the directory has it: Documenso's, unless told otherwise. */
export function aSource(provider = 'documenso', more: Partial<SourceConfig> = {}): SourceConfig {
  const profile = findProfile(provider);
  if (profile === null) throw new Error(`no provider ${provider}`);
  const [kind = ''] = Object.keys(profile.credentialKinds);
  const options = Object.fromEntries(Object.entries(profile.options).map(([name, spec]) => [name, spec.default]));
  return {
    teamId: ids.next('team'),
    id: ids.next('src'),
    name: 'Contracts',
    profile,
    options,
    credentials: [{ name: '1', kind, value: secret, expiresAtMs: null }],
    coverage: profile.coverageOf(new Set([kind]), options),
    status: 'active',
    allowAddresses: null,
    ratePerSecond: null,
    bodyMaxBytes: 33_554_432,
    dedupeWindowSeconds: 2_592_000,
    ...more,
  };
}

export type ReceiverStand = {
  receiver: Receiver;
  sources: Map<string, SourceConfig>;
  /** Known, but of no use. */
  unreadable: Set<string>;
  /** Whether the sources were read from the database. */
  isKnown: boolean;
  database: AcceptTwin;
  blobs: BlobStore;
  nowMs: number;
  activity: { what: 'received' | 'duplicate' | 'rejected'; sourceId: string; reason?: string }[];
  /** Where verified requests came from. */
  arrivals: Arrival[];
  rejections: { sourceId: string; reason: string; detail: string; address: string }[];
  seenAgain: string[];
  errors: unknown[];
  /** What `receive` answers, or the Problem's code. */
  post(
    source: SourceConfig,
    body: Buffer | string,
    more?: Partial<RequestHead>,
    headers?: Record<string, string>,
  ): Promise<string>;
};

/** The receiver with real profiles and a real blob store, over a directory and an accept path of the test's. */
export async function receiverStand(more: { blobs?: BlobStore } = {}): Promise<ReceiverStand> {
  const blobs = more.blobs ?? (await emptyBlobStore());
  const stand: Omit<ReceiverStand, 'receiver' | 'post'> = {
    sources: new Map(),
    unreadable: new Set(),
    isKnown: true,
    database: new AcceptTwin(ids),
    blobs,
    nowMs: Date.now(),
    activity: [],
    arrivals: [],
    rejections: [],
    seenAgain: [],
    errors: [],
  };
  const note = (what: 'received' | 'duplicate') => (source: { id: string }, arrival?: Arrival) => {
    stand.activity.push({ what, sourceId: source.id });
    if (arrival !== undefined) stand.arrivals.push(arrival);
  };
  const receiver = createReceiver({
    directory: {
      find: (id) => stand.sources.get(id) ?? null,
      awaitNew: () => null,
      has: (id) => stand.sources.has(id) || stand.unreadable.has(id),
      get known() {
        return stand.isKnown;
      },
    },
    acceptor: {
      async take(draft) {
        const { id, duplicate } = await stand.database.accept(draft);
        return { eventId: id, duplicate };
      },
    },
    activity: {
      received: note('received'),
      duplicate: note('duplicate'),
      rejected: ({ id }, { reason }) => void stand.activity.push({ what: 'rejected', sourceId: id, reason }),
    },
    blobs,
    clock: { now: () => stand.nowMs },
    onSeenAgain: (_teamId, eventId) => stand.seenAgain.push(eventId),
    onRejected: ({ id: sourceId }, rejection) => stand.rejections.push({ sourceId, ...rejection }),
    onError: (error) => stand.errors.push(error),
  });
  return Object.assign(stand, {
    receiver,
    async post(
      source: SourceConfig,
      given: Buffer | string,
      head: Partial<RequestHead> = {},
      headers: Record<string, string> = {},
    ) {
      const body = Buffer.from(given);
      const whole = { ...aHead(body.length), ...head };
      const request: InboundRequest = {
        method: whole.method === 'GET' ? 'GET' : 'POST',
        headers: new Map(Object.entries({ 'x-documenso-secret': secret, ...headers }).map(([k, v]) => [k, [v]])),
        query: new URLSearchParams(),
        body,
      };
      try {
        const answer = await receiver.receive(receiver.admit(source.id, whole), request, whole);
        return `${answer.status} ${answer.body}`.trim();
      } catch (error) {
        if (error instanceof Problem) return error.code;
        throw error;
      }
    },
  });
}

export function aHead(contentLength: number | null, more: Partial<RequestHead> = {}): RequestHead {
  return {
    method: 'POST',
    address: '192.0.2.1',
    host: 'hooks.example.com',
    contentType: 'application/json',
    contentEncoding: null,
    contentLength,
    ...more,
  };
}

/** What Documenso sends, in short. */
export function documensoBody(envelopeId: string, event = 'DOCUMENT_SIGNED', padding = ''): string {
  return JSON.stringify({ event, payload: { envelopeId, title: padding }, createdAt: new Date().toISOString() });
}
