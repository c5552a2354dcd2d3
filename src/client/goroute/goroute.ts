import { askProvider, type CallOptions } from '../ask-provider.ts';
import type { Connection } from '../connection.ts';
import { download } from './download.ts';
import type { GorouteDocument } from './goroute-document.ts';
import { type LookupPath, lookup, type Participant } from './lookup.ts';
import { readGorouteFailure } from './read-failure.rules.ts';
import { type SendDocument, type Sent, send } from './send.ts';
import { type Transaction, transaction } from './transaction.ts';
import { transactions } from './transactions.ts';
import { type Validation, validate } from './validate.ts';

export type GorouteOptions = {
  /** `/api/v1/participants/lookup` unless given. */
  lookupPath?: LookupPath;
};

/** GoRoute's API. Every method throws ProviderError for what GoRoute refuses, PosthornError for the rest. */
export type Goroute = {
  validate(document: GorouteDocument, options?: CallOptions): Promise<Validation>;
  send(document: SendDocument, options?: CallOptions): Promise<Sent>;
  lookup(identifier: string, options?: CallOptions): Promise<Participant>;
  transactions(query?: Readonly<Record<string, string | number>>, options?: CallOptions): Promise<unknown>;
  transaction(id: string, options?: CallOptions): Promise<Transaction>;
  download(documentId: string, options?: CallOptions): Promise<Response>;
};

export function createGoroute(connection: Connection, settings: GorouteOptions): Goroute {
  const ask = askProvider(connection, 'goroute', readGorouteFailure);
  const { lookupPath = '/api/v1/participants/lookup' } = settings;
  return {
    validate: (document, options) => validate(ask, document, options),
    send: (document, options) => send(ask, document, options),
    lookup: (identifier, options) => lookup(ask, { identifier, path: lookupPath }, options),
    transactions: (query, options) => transactions(ask, query, options),
    transaction: (id, options) => transaction(ask, id, options),
    download: (documentId, options) => download(ask, documentId, options),
  };
}
