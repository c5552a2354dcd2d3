import { askProvider, type CallOptions } from '../ask-provider.ts';
import type { Connection } from '../connection.ts';
import { auditLog } from './audit-log.ts';
import { cancel } from './cancel.ts';
import { certificate } from './certificate.ts';
import { create, type NewEnvelope } from './create.ts';
import { createFromTemplate, type FromTemplate, type FromTemplateAnswer } from './create-from-template.ts';
import { type Distributed, distribute } from './distribute.ts';
import { type DownloadOptions, download } from './download.ts';
import type { Envelope, EnvelopeDetails } from './envelope.ts';
import { type ExternalIdSearch, findByExternalId } from './find-by-external-id.ts';
import { get } from './get.ts';
import { type EnvelopeFilter, list } from './list.ts';
import { readDocumensoFailure } from './read-failure.rules.ts';

/** Documenso's API v2. Every method throws ProviderError for what Documenso refuses, PosthornError for the rest. */
export type Documenso = {
  createFromTemplate(from: FromTemplate, options?: CallOptions): Promise<FromTemplateAnswer>;
  create(envelope: NewEnvelope, options?: CallOptions): Promise<{ id: string }>;
  distribute(
    envelopeId: string,
    options?: CallOptions & { meta?: Readonly<Record<string, unknown>> },
  ): Promise<Distributed>;
  get(envelopeId: string, options?: CallOptions): Promise<EnvelopeDetails>;
  list(filter?: EnvelopeFilter, options?: CallOptions): AsyncGenerator<Envelope, void, void>;
  cancel(envelopeId: string, options?: CallOptions): Promise<'cancelled' | 'was_cancelled'>;
  download(envelopeId: string, options?: DownloadOptions): Promise<Response>;
  certificate(envelopeId: string, options?: CallOptions): Promise<Response>;
  auditLog(envelopeId: string, options?: CallOptions): Promise<Response>;
  findByExternalId(externalId: string, options?: ExternalIdSearch): Promise<Envelope | null>;
};

export function createDocumenso(connection: Connection): Documenso {
  const ask = askProvider(connection, 'documenso', readDocumensoFailure);
  return {
    createFromTemplate: (from, options) => createFromTemplate(ask, from, options),
    create: (envelope, options) => create(ask, envelope, options),
    distribute: (envelopeId, options) => distribute(ask, envelopeId, options),
    get: (envelopeId, options) => get(ask, envelopeId, options),
    list: (filter, options) => list(ask, filter, options),
    cancel: (envelopeId, options) => cancel(ask, envelopeId, options),
    download: (envelopeId, options) => download(ask, envelopeId, options),
    certificate: (envelopeId, options) => certificate(ask, envelopeId, options),
    auditLog: (envelopeId, options) => auditLog(ask, envelopeId, options),
    findByExternalId: (externalId, options) => findByExternalId(ask, externalId, options),
  };
}
