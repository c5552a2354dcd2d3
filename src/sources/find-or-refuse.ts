import type pg from 'pg';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import type { StoredSource } from './source.store.ts';
import { findSource } from './source.store.ts';

/** @throws Problem not_found */
export async function findSourceOrRefuse(
  database: Pick<pg.Pool, 'query'>,
  teamId: string,
  sourceId: string,
): Promise<StoredSource> {
  const found = isId(idPrefixes.source, sourceId) ? await findSource(database, teamId, sourceId) : null;
  if (found === null) throw noSuchSource(sourceId);
  return found;
}

export function noSuchSource(sourceId: string): Problem {
  return new Problem('not_found', `There is no source ${sourceId}.`);
}
