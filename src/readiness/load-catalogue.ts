import { fileURLToPath } from 'node:url';
import { readCatalogue } from './catalogue/read-catalogue.ts';
import type { Catalogue } from './check-definition.ts';

/** Beside src/ in the repository, and beside dist/ in the package. */
const shippedFolder = fileURLToPath(new URL('../../readiness', import.meta.url));

let shipped: Catalogue | null = null;

/**
 * The catalogue that Posthorn ships, validated. It does not change while a process runs: alone it is read once.
 * @param furtherFolders folders of the same shape, whose checks and checklists are added
 * @throws CatalogueError with every mistake
 */
export function loadCatalogue(furtherFolders: readonly string[] = []): Catalogue {
  if (furtherFolders.length > 0) return readCatalogue([shippedFolder, ...furtherFolders]);
  return (shipped ??= readCatalogue([shippedFolder]));
}
