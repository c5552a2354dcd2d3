import type { Drill } from './drill.ts';
import { providerStatusTrue } from './monitoring/health.provider-status-true.ts';
import { urlRules } from './providers/documenso.webhook.url-rules.ts';
import { planCoversFeatures } from './providers/docusign.account.plan-covers-features.ts';
import { uncountedIgnored } from './providers/docusign.golive.uncounted-traffic-ignored.ts';
import { pollingGuardHolds } from './providers/docusign.polling.guard-holds.ts';
import { testDelivered } from './providers/goroute.receiver.test-delivered.ts';
import { providerBreaker } from './reliability/breaker.opens-and-recovers.ts';
import { backsOff } from './reliability/call.backs-off-on-429-and-5xx.ts';
import { errorsClassed } from './reliability/call.errors-classed-retryable-or-permanent.ts';
import { timeoutsCut } from './reliability/call.timeouts-cut-hung-provider.ts';
import { providerTextNotExposed } from './reliability/error.provider-text-not-exposed.ts';
import { providerDegrades } from './reliability/outage.provider-degrades-gracefully.ts';
import { bulkBounded } from './scalability/call.bulk-concurrency-bounded.ts';
import { credentialRotates } from './security/connection.credential.rotates-without-downtime.ts';

/** Drills of calls and providers. */
export const callingDrills: readonly Drill[] = [
  providerBreaker,
  providerDegrades,
  backsOff,
  errorsClassed,
  timeoutsCut,
  bulkBounded,
  credentialRotates,
  providerStatusTrue,
  pollingGuardHolds,
  uncountedIgnored,
  providerTextNotExposed,
  urlRules,
  planCoversFeatures,
  testDelivered,
];
