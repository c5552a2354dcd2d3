/** What the package exports as `posthorn/receiver`: for applications that receive what Posthorn delivers. */
export type { VerificationFailure } from './check-signature.rules.ts';
export { type ConsumeOptions, consume } from './consume.ts';
export type { Claim, DedupeStore } from './dedupe-store.ts';
export { type ExpressHandler, expressHandler } from './express-handler.ts';
export { type FastifyPlugin, fastifyHandler } from './fastify-handler.ts';
export type { BodyReference } from './event-content.rules.ts';
export type { FeedEvent } from './feed-page.ts';
export { fetchBody } from './fetch-body.ts';
export { type FetchHandler, fetchHandler } from './fetch-handler.ts';
export { type MemoryStoreOptions, memoryStore } from './memory-store.ts';
export type { Outcome, OutcomeKind } from './outcome.ts';
export { PosthornError, type PosthornErrorReason } from './posthorn-error.ts';
export { type PostgresStore, type PostgresStoreOptions, postgresStore } from './postgres-store.ts';
export type { ReceivedHeaders } from './received-headers.rules.ts';
export type { ReceiverOptions, UnverifiedRequest } from './receiver-options.ts';
export type { SigningScheme } from './signing-keys.rules.ts';
export { type Secrets, type VerifiedWebhook, type VerifyOptions, verify, WebhookVerificationError } from './verify.ts';
