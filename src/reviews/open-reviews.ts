import type pg from 'pg';
import type { Clock, Timers } from '../clock.ts';
import type { Config } from '../config.ts';
import { targetUrlPolicyOf } from '../egress/reach.ts';
import { judgeTargetUrl } from '../egress/target-url.rules.ts';
import type { IdSource } from '../ids/id-source.ts';
import type { Catalogue } from '../readiness/check-definition.ts';
import type { Readiness } from '../readiness/create-readiness.ts';
import { loadCatalogue } from '../readiness/load-catalogue.ts';
import type { Worker } from '../operations/worker.ts';
import { createPeopleOnRecord } from './people/people-on-record.ts';
import type { PeoplePorts } from './people/people-ports.ts';
import { createReviewUpkeep } from './upkeep.ts';
import { listReviewsByStatus } from './review.store.ts';
import type { TeamCheckPorts } from './checks/write-definition.ts';
import type { GatewayReviewContext, ReviewParts } from './review-context.ts';
import type { Reviews } from './review.ts';
import { runReview } from './run-review.ts';
import { setReviewStatus } from './set-review-status.ts';
import { createTeamCatalogue } from './team-catalogue.ts';
import { viewReview } from './view-review.ts';

/** Reviews of the running node: `reviews` for other capabilities, `services` for the routes. */
export type OpenReviews = {
  reviews: Reviews;
  services: PeoplePorts & TeamCheckPorts & { reviewing: ReviewParts };
  /** Keeps evidence fresh. */
  worker: Worker;
};

/** @throws CatalogueError */
export function openReviews(options: {
  database: pg.Pool;
  clock: Clock;
  ids: IdSource;
  config: Pick<Config, 'environment' | 'allowNetworks' | 'proxy' | 'caPem' | 'reviewEveryMinutes'>;
  release: string;
  readiness: Readiness;
  /** The one that ships, unless another is given. */
  catalogue?: Catalogue;
  timers: Timers;
  onTold: () => void;
  onError: (where: string, error: unknown) => void;
}): OpenReviews {
  const { database, clock, ids, config } = options;
  const catalogueOf = createTeamCatalogue({ database, catalogue: options.catalogue ?? loadCatalogue() });
  const targetUrlPolicy = targetUrlPolicyOf(config);
  const reviewing: ReviewParts = {
    ...options,
    catalogueOf,
    people: createPeopleOnRecord({ database }),
  };
  const ctx: GatewayReviewContext = { database, clock, ids, environment: config.environment, reviewing };
  const reviews: Reviews = {
    view: (teamId, reviewId) => viewReview(ctx, { teamId, reviewId }),
    run: (teamId, reviewId) => runReview(ctx, { teamId, reviewId, by: null }),
    setStatus: (input) => setReviewStatus(ctx, input),
    async watched() {
      const found = await listReviewsByStatus(database, ['promoted', 'reopened']);
      return found.map(({ teamId, id }) => ({ teamId, reviewId: id }));
    },
  };
  return {
    reviews,
    services: {
      reviewing,
      reviews,
      checks: (teamId) => options.readiness.states(teamId),
      refusalOfUrl(url) {
        const verdict = judgeTargetUrl(url, targetUrlPolicy);
        return verdict.ok ? null : verdict.reason;
      },
    },
    worker: createReviewUpkeep({
      ctx,
      everyMs: config.reviewEveryMinutes * 60_000,
      timers: options.timers,
      random: Math.random,
      onError: (error) => options.onError('reviews', error),
    }),
  };
}
