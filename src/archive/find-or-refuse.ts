import type pg from 'pg';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import type { ArchivedDocument } from './archived-document.ts';
import { findDocument } from './archived-document.store.ts';

/** @throws Problem not_found */
export async function findDocumentOrRefuse(
  database: Pick<pg.Pool, 'query'>,
  teamId: string,
  documentId: string,
): Promise<ArchivedDocument> {
  const known = isId(idPrefixes.archivedDocument, documentId);
  const found = known ? await findDocument(database, teamId, documentId) : null;
  if (found === null) throw new Problem('not_found', `There is no archived document ${documentId.slice(0, 60)}.`);
  return found;
}
