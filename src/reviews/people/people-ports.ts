import type { Context } from '../../context.ts';
import type { CheckDefinition } from '../../readiness/check-definition.ts';
import type { ReviewedCheck, Reviews } from '../review.ts';

/** A check of the catalogue or of the team, with one of the things of the team that it is about. */
export type KnownCheck = { checkId: string; definition: CheckDefinition | null; subject: ReviewedCheck['subject'] };

/** What people's statements are about, as others know it. */
export type PeoplePorts = {
  reviews: Pick<Reviews, 'view'>;
  /** Every check with every subject of a team. @throws Problem not_found */
  checks(teamId: string): Promise<readonly KnownCheck[]>;
};

export type PeopleContext = Context & PeoplePorts;
