import type pg from 'pg';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import type { StoredEndpoint } from './endpoint.store.ts';
import { findEndpoint } from './endpoint.store.ts';

/** @throws Problem not_found */
export async function findEndpointOrRefuse(
  database: Pick<pg.Pool, 'query'>,
  teamId: string,
  endpointId: string,
): Promise<StoredEndpoint> {
  const found = isId(idPrefixes.endpoint, endpointId) ? await findEndpoint(database, teamId, endpointId) : null;
  if (found === null) throw noSuchEndpoint(endpointId);
  return found;
}

export function noSuchEndpoint(endpointId: string): Problem {
  return new Problem('not_found', `There is no endpoint ${endpointId.slice(0, 60)}.`);
}
