import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { CallStart } from '../calls/call-ledger.ts';

/** A call that Posthorn makes itself through a connection, under the same policy and on the same record. */
type OwnCall = {
  connectionId: string;
  method: 'GET';
  /** Below the connection's base URL, with its query; begins with a slash. */
  path: string;
  headers?: Readonly<Record<string, string>>;
  /** No other credential is used, whatever the provider says of this one. */
  credentialId?: string;
  origin: Exclude<CallStart['origin'], 'egress'>;
  signal?: AbortSignal;
};

/** `body` must be consumed or destroyed. */
export type OwnAnswer = { callId: string; status: number; headers: IncomingHttpHeaders; body: Readable };

/** Rejects with a Problem when Posthorn or the network ended the call; whatever the provider answers is an answer. */
export type Caller = (call: OwnCall) => Promise<OwnAnswer>;
