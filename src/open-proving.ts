import type { Clock } from './clock.ts';
import { listTranscripts } from './drills/list-transcripts.ts';
import type { OpenDrills } from './drills/open-drills.ts';
import type { Egress } from './egress/create-egress.ts';
import type { Worker } from './operations/worker.ts';
import { openPromotion } from './promotion/open-promotion.ts';
import type { Readiness } from './readiness/create-readiness.ts';
import { openReadiness } from './readiness/open-readiness.ts';
import type { CertificatePorts } from './reviews/certificate/issue-certificate.ts';
import { createTeamChecks } from './reviews/create-team-checks.ts';
import { type OpenReviews, openReviews } from './reviews/open-reviews.ts';

type Options<Open extends (options: never) => unknown> = Parameters<Open>[0];

/** What proves readiness, from evidence to the watch: its workers, and what its routes are handed. */
export type OpenProving = {
  workers: readonly Worker[];
  parts: {
    /** By which all of it is decided. */
    provingClock: Clock;
    readiness: Readiness;
    drills: OpenDrills['services'];
    reviews: OpenReviews['services'] & Omit<CertificatePorts, 'draw' | 'reviews'>;
    promotion: ReturnType<typeof openPromotion>['services'];
  };
};

/**
 * Evidence, drills, reviews, certificates, promotion and the watch over the running node. Before its routes are registered.
 * @param options.clockAheadMs how far ahead of the others' their clock is, for those who rehearse what time does
 * @throws CatalogueError
 */
export function openProving(
  options: Omit<Options<typeof openReadiness>, 'teamChecks' | 'onError' | 'drilling' | 'call' | 'connections'> &
    Omit<Options<typeof openReviews>, 'readiness'> &
    Omit<Options<typeof openPromotion>, 'reviews'> & {
      drilling: Omit<Options<typeof openReadiness>['drilling'], 'egress' | 'onTold'>;
      egress: Egress;
      signer: CertificatePorts['signer'];
      clockAheadMs: number;
    },
): OpenProving {
  const { calls, database, egress, onTold, onError } = options;
  const clock = { now: () => options.clock.now() + options.clockAheadMs };
  const { readiness, drills } = openReadiness({
    ...options,
    clock,
    call: calls.calling.caller,
    connections: calls.directory,
    teamChecks: createTeamChecks({ database, egress }),
    onError: (error) => onError('readiness', error),
    drilling: { ...options.drilling, egress, onTold },
  });
  const reviews = openReviews({ ...options, clock, readiness });
  const promotion = openPromotion({ ...options, clock, reviews });
  return {
    workers: [drills.worker, reviews.worker, promotion.worker],
    parts: {
      provingClock: clock,
      readiness,
      drills: drills.services,
      reviews: {
        ...reviews.services,
        signer: options.signer,
        transcripts: (teamId, evidenceIds) => listTranscripts({ database }, { teamId, evidenceIds }),
      },
      promotion: promotion.services,
    },
  };
}
