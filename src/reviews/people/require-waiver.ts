import type pg from 'pg';
import { idPrefixes, isId } from '../../ids/id.rules.ts';
import { Problem } from '../../problem.ts';
import type { WaiverOnRecord } from '../review.ts';
import { findWaiver } from './waiver.store.ts';

/** Those that ended are found too. @throws Problem not_found */
export async function requireWaiver(
  database: Pick<pg.Pool, 'query'>,
  input: { teamId: string; reviewId: string; id: string },
): Promise<WaiverOnRecord> {
  const isOne = isId(idPrefixes.waiver, input.id) && isId(idPrefixes.review, input.reviewId);
  const found = isOne ? await findWaiver(database, input) : null;
  if (found === null) throw new Problem('not_found', `There is no waiver ${input.id} of this review.`);
  return found;
}
