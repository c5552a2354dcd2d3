import { askProvider, type CallOptions } from '../ask-provider.ts';
import type { Connection } from '../connection.ts';
import { createEnvelope, type EnvelopeDefinition } from './create-envelope.ts';
import { documents } from './documents.ts';
import type { DocusignAccount } from './docusign-account.ts';
import type { DocusignDocument, DocusignEnvelope } from './docusign-envelope.ts';
import { download } from './download.ts';
import { get } from './get.ts';
import { type DocusignFilter, list } from './list.ts';
import { readDocusignFailure } from './read-failure.rules.ts';
import { type RecipientView, recipientView } from './recipient-view.ts';
import { send } from './send.ts';
import { voidEnvelope } from './void-envelope.ts';

/** DocuSign's REST API v2.1. Every method throws ProviderError for what DocuSign refuses, PosthornError for the rest. */
export type Docusign = {
  createEnvelope(definition: EnvelopeDefinition, options?: CallOptions): Promise<DocusignEnvelope>;
  send(envelopeId: string, options?: CallOptions): Promise<void>;
  get(envelopeId: string, options?: CallOptions): Promise<DocusignEnvelope>;
  list(filter: DocusignFilter, options?: CallOptions): AsyncGenerator<DocusignEnvelope, void, void>;
  void(envelopeId: string, reason: string, options?: CallOptions): Promise<void>;
  documents(envelopeId: string, options?: CallOptions): Promise<DocusignDocument[]>;
  download(envelopeId: string, documentId: string, options?: CallOptions): Promise<Response>;
  recipientView(envelopeId: string, view: RecipientView, options?: CallOptions): Promise<{ url: string }>;
};

export function createDocusign(connection: Connection, accountId: string): Docusign {
  const account: DocusignAccount = { ask: askProvider(connection, 'docusign', readDocusignFailure), accountId };
  return {
    createEnvelope: (definition, options) => createEnvelope(account, definition, options),
    send: (envelopeId, options) => send(account, envelopeId, options),
    get: (envelopeId, options) => get(account, envelopeId, options),
    list: (filter, options) => list(account, filter, options),
    void: (envelopeId, reason, options) => voidEnvelope(account, envelopeId, reason, options),
    documents: (envelopeId, options) => documents(account, envelopeId, options),
    download: (envelopeId, documentId, options) => download(account, envelopeId, documentId, options),
    recipientView: (envelopeId, view, options) => recipientView(account, envelopeId, view, options),
  };
}
