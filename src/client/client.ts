/** What the package exports as `posthorn/client`: for applications that call providers through Posthorn. */
export { type BulkOptions, bulk } from './bulk.ts';
export type { BulkRetry } from './bulk-retry.rules.ts';
export type { CallOptions } from './ask-provider.ts';
export type { Connection } from './connection.ts';
export { createPosthorn, type Posthorn } from './create-posthorn.ts';
export type { NewEnvelope } from './documenso/create.ts';
export type { FromTemplate, FromTemplateAnswer } from './documenso/create-from-template.ts';
export type { Distributed } from './documenso/distribute.ts';
export type { Documenso } from './documenso/documenso.ts';
export type { DownloadOptions } from './documenso/download.ts';
export type {
  DocumensoFile,
  DocumensoRole,
  Envelope,
  EnvelopeDetails,
  EnvelopeRecipient,
  EnvelopeStatus,
  SigningRecipient,
} from './documenso/envelope.ts';
export type { ExternalIdSearch } from './documenso/find-by-external-id.ts';
export type { EnvelopeFilter } from './documenso/list.ts';
export type { EnvelopeDefinition } from './docusign/create-envelope.ts';
export type { Docusign } from './docusign/docusign.ts';
export type { DocusignDocument, DocusignEnvelope } from './docusign/docusign-envelope.ts';
export type { DocusignFilter } from './docusign/list.ts';
export type { RecipientView } from './docusign/recipient-view.ts';
export type { Goroute, GorouteOptions } from './goroute/goroute.ts';
export type { GorouteDocument } from './goroute/goroute-document.ts';
export type { LookupPath, Participant } from './goroute/lookup.ts';
export type { SendDocument, Sent } from './goroute/send.ts';
export type { Transaction } from './goroute/transaction.ts';
export type { Validation } from './goroute/validate.ts';
export { NotCompletedError } from './not-completed-error.ts';
export { type ClientErrorCode, PosthornError } from './posthorn-error.ts';
export { ProviderError } from './provider-error.ts';
export type { PosthornProblem } from './read-problem.rules.ts';
export { type BulkProgress, type BulkResult, BulkStoppedError, type BulkWork } from './run-bulk.ts';
export type { PosthornSettings } from './settings.rules.ts';
export { posthorn, type SharedPosthorn } from './shared-posthorn.ts';
