import type pg from 'pg';
import type { Context } from '../context.ts';
import type { Catalogue } from '../readiness/check-definition.ts';
import type { Readiness } from '../readiness/create-readiness.ts';
import type { PeopleOnRecord } from './review.ts';

/** What reviews are put together with. */
export type ReviewParts = {
  readiness: Pick<Readiness, 'stand' | 'measure' | 'history'>;
  /** The catalogue with the checks and checklists that the team wrote itself; `within` a transaction. */
  catalogueOf(teamId: string, within?: Pick<pg.Pool, 'query'>): Promise<Catalogue>;
  people: PeopleOnRecord;
  release: string;
  /** An operational event was committed. */
  onTold: () => void;
};

/** A use case of reviews with somebody who asks. */
export type ReviewContext = Context & { reviewing: ReviewParts };

/** And one that the gateway itself may begin. */
export type GatewayReviewContext = Pick<Context, 'database' | 'clock' | 'ids' | 'environment'> & {
  reviewing: ReviewParts;
};
