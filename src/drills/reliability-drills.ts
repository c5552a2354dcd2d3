import type { Drill } from './drill.ts';
import { breakerHoldsAndResumes } from './reliability/breaker.endpoint-holds-and-resumes.ts';
import { exhaustedBecomeDeadLetters } from './reliability/delivery.exhausted-become-dead-letters.ts';
import { failedOnesRetried } from './reliability/delivery.failed-ones-retried.ts';
import { resendWorks } from './reliability/delivery.resend-works.ts';
import { everyFailureTyped } from './reliability/error.every-failure-typed.ts';
import { processesOnce } from './reliability/endpoint.processes-once.ts';
import { testDeliverySucceeds } from './reliability/endpoint.test-delivery-succeeds.ts';
import { publishIdempotent } from './reliability/event.publish-idempotent.ts';
import { inboundSpools } from './reliability/outage.inbound-spools-without-database.ts';
import { oneBadEndpointIsolated } from './reliability/outage.one-bad-endpoint-isolated.ts';
import { partialFailureContained } from './reliability/outage.partial-failure-contained.ts';
import { answersFastWhileWorkWaits } from './reliability/source.answers-fast-while-work-waits.ts';
import { commitsBeforeAnswer } from './reliability/source.commits-before-answer.ts';
import { duplicatesDetected } from './reliability/source.duplicates-detected.ts';
import { reachableByProvider } from './reliability/source.reachable-by-provider.ts';
import { runsInBackground } from './scalability/batch.runs-in-background.ts';
import { scalesOutStateless } from './scalability/node.scales-out-stateless.ts';
import { pushesBackWhenFull } from './scalability/queue.pushes-back-when-full.ts';
import { receiverRejectsForged } from './security/webhook.receiver.rejects-forged.ts';
import { secretRotatesWithOverlap } from './security/webhook.secret.rotates-with-overlap.ts';
import { wholeFlow } from './testing/testing.e2e.whole-flow.ts';

/** Drills of deliveries and sources. */
export const reliabilityDrills: readonly Drill[] = [
  failedOnesRetried,
  exhaustedBecomeDeadLetters,
  publishIdempotent,
  duplicatesDetected,
  reachableByProvider,
  commitsBeforeAnswer,
  inboundSpools,
  answersFastWhileWorkWaits,
  testDeliverySucceeds,
  processesOnce,
  receiverRejectsForged,
  secretRotatesWithOverlap,
  wholeFlow,
  resendWorks,
  breakerHoldsAndResumes,
  partialFailureContained,
  oneBadEndpointIsolated,
  everyFailureTyped,
  runsInBackground,
  pushesBackWhenFull,
  scalesOutStateless,
];
