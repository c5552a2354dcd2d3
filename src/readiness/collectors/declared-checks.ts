import type { Collector } from '../finding.ts';
import { signedDocumentsComplete } from './compliance/compliance.archive.signed-documents-complete.ts';
import { auditRetained } from './compliance/compliance.audit.retained.ts';
import { fieldsClassified } from './compliance/compliance.privacy.fields-classified.ts';
import { accountNotTrial } from './providers/docusign.account.not-trial.ts';
import { oneProductionTeam } from './providers/documenso.team.one-production-team.ts';
import { webhookEventsMatchUse } from './providers/documenso.webhook.events-match-use.ts';
import { noWebhookMissed } from './providers/documenso.webhook.none-missed.ts';
import { productionOrganisation } from './providers/goroute.account.production-organisation.ts';
import { identifiersValidAndOwn } from './providers/goroute.identifiers.valid-and-own.ts';
import { participantDocumentTypes } from './providers/goroute.participant.document-types.ts';
import { participantsRegistered } from './providers/goroute.participant.registered.ts';
import { noTestData } from './providers/goroute.traffic.no-test-data.ts';
import { transactionsSettled } from './providers/goroute.transactions.settled.ts';
import { registeredForProduction } from './providers/goroute.webhook.registered-for-production.ts';
import { sourceAddressesAllowed } from './providers/goroute.webhook.source-addresses-allowed.ts';
import { completedServedOnce } from './scalability/cache.completed-documents-served-once.ts';
import { rolesAssignedNarrowly } from './security/access.roles-assigned-narrowly.ts';
import { unusedKeysRevoked } from './security/api-key.unused-ones-revoked.ts';
import { webhookChangesTraceable } from './security/audit.webhook-changes-traceable.ts';
import { ipAllowListConfigured } from './security/network.ip-allow-list-configured.ts';
import { rateLimitsFitTraffic } from './security/network.rate-limits-fit-traffic.ts';
import { signingCertificateTrusted } from './security/self-hosted.signing-certificate-trusted.ts';

/** What is decided by comparing with the audit log, the ledgers, the archive, and what the team declares of itself. */
export const declaredChecks: readonly Collector<unknown>[] = [
  webhookChangesTraceable,
  rolesAssignedNarrowly,
  unusedKeysRevoked,
  auditRetained,
  completedServedOnce,
  transactionsSettled,
  noWebhookMissed,
  webhookEventsMatchUse,
  oneProductionTeam,
  accountNotTrial,
  productionOrganisation,
  identifiersValidAndOwn,
  participantsRegistered,
  participantDocumentTypes,
  noTestData,
  registeredForProduction,
  sourceAddressesAllowed,
  ipAllowListConfigured,
  rateLimitsFitTraffic,
  fieldsClassified,
  signedDocumentsComplete,
  signingCertificateTrusted,
];
