import { retentionEnforced } from './collectors/compliance/compliance.retention.enforced.ts';
import { productionHardened } from './collectors/deployment/deployment.production.hardened-mode.ts';
import { payloadsDescribed } from './collectors/documentation/docs.payloads.described-and-true.ts';
import { referenceCoversEveryRoute, errorsEqualThrown } from './collectors/documentation/docs.reference.ts';
import { logLevelSet } from './collectors/monitoring/log.level-set-for-production.ts';
import { acceptanceRateTracked } from './collectors/monitoring/source.acceptance-rate-tracked.ts';
import { attemptLogComplete } from './collectors/monitoring/webhook.attempt-log-complete.ts';
import { successRateTracked } from './collectors/monitoring/webhook.success-rate-tracked.ts';
import { databaseMaintained } from './collectors/operations/operations.database.maintained.ts';
import { documensoAnswers } from './collectors/providers/documenso.api.answers-200.ts';
import { verifyRanBefore } from './collectors/providers/documenso.verify.ran-before-deployment.ts';
import { twentyCleanCalls, noPolling, listReadOnce, oauth2Only } from './collectors/providers/docusign.golive.ts';
import { productionBaseUrls } from './collectors/providers/docusign.production.base-urls.ts';
import { updatesByConnect } from './collectors/providers/docusign.updates.by-connect.ts';
import { gorouteAddress } from './collectors/providers/goroute.api.production-address-answers.ts';
import { gorouteOneEventPerId } from './collectors/providers/goroute.webhook.one-event-per-id.ts';
import { callsWithinProviderLimits } from './collectors/reliability/call.stays-within-provider-limits.ts';
import { attemptsCapped } from './collectors/reliability/delivery.attempts-capped.ts';
import { backoffGrows } from './collectors/reliability/delivery.backoff-grows.ts';
import { everyDeliveryAccountedFor } from './collectors/reliability/delivery.every-one-accounted-for.ts';
import { retryScheduleAsPublished } from './collectors/reliability/delivery.retry-schedule-as-published.ts';
import { answersWithin30s } from './collectors/reliability/endpoint.answers-within-30s.ts';
import { selectedEventsOnly } from './collectors/reliability/endpoint.gets-selected-events-only.ts';
import { eventIdentifiersUnique } from './collectors/reliability/event.identifiers-unique.ts';
import { publishersUseKeys } from './collectors/reliability/event.publishers-use-keys.ts';
import { connectionsWithinLimit } from './collectors/scalability/database.connections-within-limit.ts';
import { hotQueriesIndexed } from './collectors/scalability/database.hot-queries-indexed.ts';
import { connectionsReused } from './collectors/scalability/http.connections-reused.ts';
import { apiKeysScopedAndExpiring } from './collectors/security/api-key.scoped-and-expiring.ts';
import { callsAllRecorded } from './collectors/security/audit.calls-all-recorded.ts';
import { credentialIsProduction } from './collectors/security/connection.credential.is-production.ts';
import { oldCredentialsRefused } from './collectors/security/connection.credential.old-ones-refused.ts';
import { credentialOnlyInStore } from './collectors/security/connection.credential.only-in-store.ts';
import { noTunnelAddresses } from './collectors/security/network.no-tunnel-addresses.ts';
import { secretsComeFromManager } from './collectors/security/secret.comes-from-manager.ts';
import { secretsStrongAndUnique } from './collectors/security/secret.strong-and-unique.ts';
import { endpointsHttpsOnly } from './collectors/security/transport.endpoints-https-only.ts';
import { webhookSecretConfiguredAndVerifying } from './collectors/security/webhook.secret.configured-and-verifying.ts';
import { declaredChecks } from './collectors/declared-checks.ts';
import { documentationChecks } from './collectors/documentation-checks.ts';
import { launchChecks } from './collectors/launch-checks.ts';
import { releaseChecks } from './collectors/release-checks.ts';
import type { Collector } from './finding.ts';

/** What this release decides by itself. Each is proven able to fail: tests/readiness/*.mutations.test.ts. */
export const collectors: readonly Collector<unknown>[] = [
  retentionEnforced,
  productionHardened,
  payloadsDescribed,
  referenceCoversEveryRoute,
  errorsEqualThrown,
  logLevelSet,
  acceptanceRateTracked,
  attemptLogComplete,
  successRateTracked,
  databaseMaintained,
  documensoAnswers,
  verifyRanBefore,
  twentyCleanCalls,
  noPolling,
  listReadOnce,
  oauth2Only,
  productionBaseUrls,
  updatesByConnect,
  gorouteAddress,
  gorouteOneEventPerId,
  callsWithinProviderLimits,
  attemptsCapped,
  backoffGrows,
  everyDeliveryAccountedFor,
  retryScheduleAsPublished,
  answersWithin30s,
  selectedEventsOnly,
  eventIdentifiersUnique,
  publishersUseKeys,
  connectionsWithinLimit,
  hotQueriesIndexed,
  connectionsReused,
  apiKeysScopedAndExpiring,
  callsAllRecorded,
  credentialIsProduction,
  oldCredentialsRefused,
  credentialOnlyInStore,
  noTunnelAddresses,
  secretsComeFromManager,
  secretsStrongAndUnique,
  endpointsHttpsOnly,
  webhookSecretConfiguredAndVerifying,
  ...declaredChecks,
  ...documentationChecks,
  ...launchChecks,
  ...releaseChecks,
];
