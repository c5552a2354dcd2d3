import type pg from 'pg';
import type { Context } from '../context.ts';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import type { StoredConnection } from './connection.store.ts';
import { findConnection } from './connection.store.ts';

/** @throws Problem not_found */
export async function findConnectionOrRefuse(
  ctx: Pick<Context, 'clock'>,
  database: Pick<pg.Pool, 'query'>,
  teamId: string,
  connectionId: string,
): Promise<StoredConnection> {
  const isOne = isId(idPrefixes.connection, connectionId);
  const found = isOne ? await findConnection(database, teamId, connectionId, ctx.clock.now()) : null;
  if (found === null) throw noSuchConnection(connectionId);
  return found;
}

export function noSuchConnection(connectionId: string): Problem {
  return new Problem('not_found', `There is no connection ${connectionId}.`);
}
