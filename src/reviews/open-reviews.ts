import type pg from 'pg';
import type { Clock } from '../clock.ts';
import type { IdSource } from '../ids/id-source.ts';
import type { Readiness } from '../readiness/create-readiness.ts';
import { loadCatalogue } from '../readiness/load-catalogue.ts';
import { listReviewsByStatus } from './review.store.ts';
import type { GatewayReviewContext, ReviewParts } from './review-context.ts';
import type { PeopleOnRecord, Reviews } from './review.ts';
import { runReview } from './run-review.ts';
import { setReviewStatus } from './set-review-status.ts';
import { createTeamCatalogue } from './team-catalogue.ts';
import { viewReview } from './view-review.ts';

/** Reviews of the running node: `reviews` for other capabilities, `parts` for the routes. */
export type OpenReviews = { reviews: Reviews; parts: ReviewParts };

/** @throws CatalogueError */
export function openReviews(options: {
  database: pg.Pool;
  clock: Clock;
  ids: IdSource;
  config: { environment: 'development' | 'production' };
  release: string;
  readiness: Readiness;
  people: PeopleOnRecord;
  onTold: () => void;
}): OpenReviews {
  const { database, clock, ids, config } = options;
  const catalogueOf = createTeamCatalogue({ database, catalogue: loadCatalogue() });
  const parts: ReviewParts = { ...options, catalogueOf };
  const ctx: GatewayReviewContext = { database, clock, ids, environment: config.environment, reviewing: parts };
  return {
    parts,
    reviews: {
      view: (teamId, reviewId) => viewReview(ctx, { teamId, reviewId }),
      run: (teamId, reviewId) => runReview(ctx, { teamId, reviewId, by: null }),
      setStatus: (input) => setReviewStatus(ctx, input),
      async watched() {
        const found = await listReviewsByStatus(database, ['promoted', 'reopened']);
        return found.map(({ teamId, id }) => ({ teamId, reviewId: id }));
      },
    },
  };
}
