import type { FastifyInstance } from 'fastify';
import { archiveRoutes } from './archive/archive.routes.ts';
import { egressRoutes } from './calling/egress.routes.ts';
import { connectionCheckRoutes } from './calling/check.routes.ts';
import { providerHealthRoutes } from './calling/health.routes.ts';
import { callRoutes } from './calls/calls.routes.ts';
import { auditRoutes } from './audit/audit.routes.ts';
import { closingProbeRoutes } from './connections/closing-probes.routes.ts';
import { connectionRoutes } from './connections/connections.routes.ts';
import { declarationRoutes } from './declarations/declarations.routes.ts';
import { deliveryRoutes } from './delivery/delivery.routes.ts';
import { deploymentRoutes } from './deployments/deployments.routes.ts';
import { guideRoutes } from './documentation/guide.routes.ts';
import { drillRoutes } from './drills/drills.routes.ts';
import { endpointRoutes } from './endpoints/endpoints.routes.ts';
import { eventTypeRoutes } from './event-types/event-types.routes.ts';
import { eventIntakeRoutes } from './events/event-intake.routes.ts';
import { eventQueryRoutes } from './events/event-query.routes.ts';
import { feedRoutes } from './feed/feed.routes.ts';
import { listenRoutes } from './listening/listen.routes.ts';
import { memberRoutes } from './members/members.routes.ts';
import { signerRoutes } from './members/signers.routes.ts';
import { healthRoutes } from './operations/health.routes.ts';
import { launchRoutes } from './promotion/launch.routes.ts';
import { promotionRoutes } from './promotion/promotions.routes.ts';
import { rehearsalRoutes } from './readiness/rehearsal.routes.ts';
import { readinessRoutes } from './readiness/readiness.routes.ts';
import { certificateRoutes } from './reviews/certificate/certificate.routes.ts';
import { teamCheckRoutes } from './reviews/checks/team-checks.routes.ts';
import { attestationRoutes } from './reviews/people/attestations.routes.ts';
import { signOffRoutes } from './reviews/people/sign-offs.routes.ts';
import { waiverRoutes } from './reviews/people/waivers.routes.ts';
import { reviewCheckRoutes } from './reviews/review-checks.routes.ts';
import { reviewRoutes } from './reviews/reviews.routes.ts';
import { inboundRoutes } from './receiving/inbound.routes.ts';
import { replayRoutes } from './replays/replay.routes.ts';
import { sourceRoutes } from './sources/sources.routes.ts';
import { apiKeyRoutes } from './teams/api-keys.routes.ts';
import { teamRoutes } from './teams/teams.routes.ts';

type Options<Routes extends (options: never) => unknown> = Parameters<Routes>[0];

/** What the routes of all capabilities are handed. */
export type RouteParts = {
  services: Options<typeof endpointRoutes>['services'] &
    Options<typeof eventTypeRoutes>['services'] &
    Options<typeof connectionRoutes>['services'] &
    Options<typeof deliveryRoutes> &
    Options<typeof replayRoutes>;
  intake: Options<typeof eventIntakeRoutes>['intake'];
  receiver: Options<typeof inboundRoutes>['receiver'];
  calling: Options<typeof egressRoutes>['calling'];
  connections: Options<typeof egressRoutes>['directory'];
  archive: Omit<Options<typeof archiveRoutes>['services'], keyof Options<typeof callRoutes>>;
  audit: Omit<Options<typeof auditRoutes>['services'], keyof Options<typeof callRoutes>>;
  blobs: Options<typeof eventQueryRoutes>['blobs'];
  links: { read: Options<typeof eventQueryRoutes>['readBodyUrl']; urlOf: Options<typeof feedRoutes>['bodyUrl'] };
  listeners: Options<typeof listenRoutes>['listeners'];
  waitingRoom: Options<typeof feedRoutes>['waitingRoom'];
  authentication: Options<typeof listenRoutes>['authentication'];
  timers: Options<typeof listenRoutes>['timers'];
  monotonicMs: Options<typeof inboundRoutes>['monotonicMs'];
  onError: Options<typeof listenRoutes>['onError'];
  provingClock: Options<typeof reviewRoutes>['services']['clock'];
  readiness: Options<typeof readinessRoutes>['readiness'];
  reviews: Omit<
    Options<typeof reviewRoutes>['services'] &
      Options<typeof teamCheckRoutes>['services'] &
      Options<typeof attestationRoutes>['services'] &
      Options<typeof certificateRoutes>['services'],
    keyof Options<typeof callRoutes>
  >;
  promotion: Omit<
    Options<typeof promotionRoutes>['services'] & Options<typeof launchRoutes>['services'],
    keyof RouteParts['services']
  >;
  drills: Omit<Options<typeof drillRoutes>['services'], keyof Options<typeof callRoutes>>;
  node: Options<typeof healthRoutes>['readiness'];
  metrics: Options<typeof healthRoutes>['metrics'];
};

/** Every route of the product: the table of contents of its HTTP API. */
export async function registerRoutes(server: FastifyInstance, parts: RouteParts): Promise<void> {
  const { services, calling, connections: directory, blobs, links } = parts;
  const forFollowers = { ...services, waitingRoom: parts.waitingRoom, bodyUrl: links.urlOf };
  await server.register(teamRoutes({ services }));
  await server.register(apiKeyRoutes({ services }));
  await server.register(eventTypeRoutes({ services }));
  await server.register(endpointRoutes({ services }));
  await server.register(eventIntakeRoutes({ intake: parts.intake }));
  await server.register(eventQueryRoutes({ ...services, blobs, readBodyUrl: links.read }));
  await server.register(deliveryRoutes(services));
  await server.register(replayRoutes(services));
  await server.register(feedRoutes(forFollowers));
  await server.register(listenRoutes({ ...forFollowers, ...parts }));
  await server.register(sourceRoutes({ services }));
  await server.register(inboundRoutes(parts));
  await server.register(connectionRoutes({ services }));
  await server.register(egressRoutes({ calling, directory }));
  await server.register(providerHealthRoutes({ calling, directory }));
  await server.register(connectionCheckRoutes({ services, calling, directory }));
  await server.register(closingProbeRoutes({ services, calling, onError: parts.onError }));
  await server.register(callRoutes(services));
  await server.register(archiveRoutes({ services: { ...services, ...parts.archive } }));
  await server.register(memberRoutes({ services }));
  await server.register(signerRoutes({ services }));
  await server.register(declarationRoutes({ services }));
  await server.register(auditRoutes({ services: { ...services, ...parts.audit } }));
  await server.register(readinessRoutes({ readiness: parts.readiness }));
  const proving = { ...services, clock: parts.provingClock };
  await server.register(deploymentRoutes({ services: proving }));
  const forReviews = { ...proving, ...parts.reviews };
  await server.register(reviewRoutes({ services: forReviews }));
  await server.register(reviewCheckRoutes({ services: forReviews }));
  await server.register(teamCheckRoutes({ services: forReviews }));
  await server.register(attestationRoutes({ services: forReviews }));
  await server.register(waiverRoutes({ services: forReviews }));
  await server.register(signOffRoutes({ services: forReviews }));
  await server.register(certificateRoutes({ services: forReviews }));
  await server.register(rehearsalRoutes({ database: services.database, connections: directory }));
  await server.register(promotionRoutes({ services: { ...proving, ...parts.promotion } }));
  await server.register(launchRoutes({ services: { ...proving, ...parts.promotion } }));
  await server.register(drillRoutes({ services: { ...proving, ...parts.drills } }));
  await server.register(guideRoutes());
  await server.register(healthRoutes({ ...parts, readiness: parts.node }));
}
