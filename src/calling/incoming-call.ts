import type { CallStart } from '../calls/call-ledger.ts';
import type { ConnectionConfig } from '../connections/connection-config.ts';
import type { AnswerSink } from './answer-sink.ts';
import type { CallBody } from './call-body.ts';

/** A call as it comes, from the API or from Posthorn itself, to a connection that its caller may call through. */
export type IncomingCall = {
  connection: ConnectionConfig;
  /** Null: the operator, or Posthorn. */
  apiKeyId: string | null;
  /** The one that may be used; any when it is left out. */
  credentialId?: string;
  /** What the caller was let in by; left out for calls of Posthorn's own. */
  key?: string | null;
  origin: CallStart['origin'];
  method: string;
  /** The request target as it stood in the request line, and what comes in it before the provider's path. */
  target: string;
  prefix: string;
  /** As they came: name, value, name, value. */
  headers: readonly string[];
  body: CallBody;
  answer: AnswerSink;
  /** Headers of Posthorn's own for an answer that is a problem, flat: filled in as they become known. */
  told: string[];
};
