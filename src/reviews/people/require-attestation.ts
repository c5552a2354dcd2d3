import type pg from 'pg';
import { idPrefixes, isId } from '../../ids/id.rules.ts';
import { Problem } from '../../problem.ts';
import { findAttestation, type StoredAttestation } from './attestation.store.ts';

/** Those that were taken back are found too. @throws Problem not_found */
export async function requireAttestation(
  database: Pick<pg.Pool, 'query'>,
  teamId: string,
  id: string,
): Promise<StoredAttestation> {
  const found = isId(idPrefixes.attestation, id) ? await findAttestation(database, teamId, id) : null;
  if (found === null) throw new Problem('not_found', `There is no attestation ${id}.`);
  return found;
}
