import { createHash } from 'node:crypto';
import type { Context } from '../../context.ts';
import { readAsTeam } from '../../database/read-as-team.ts';
import { Problem } from '../../problem.ts';
import { requireTeam } from '../../teams/require-team.ts';
import { type AttestedFile, findFiles, readFileBytes } from './attested-file.store.ts';

/** A stored file with its bytes, which are those of its hash. @throws Problem not_found, document_damaged */
export async function readFile(
  ctx: Pick<Context, 'database'>,
  { teamId, sha256 }: { teamId: string; sha256: string },
): Promise<AttestedFile & { bytes: Buffer }> {
  const { file, bytes } = await readAsTeam(ctx.database, teamId, async (database) => {
    await requireTeam(database, teamId);
    const files = await findFiles(database, teamId, [sha256]);
    return { file: files.get(sha256), bytes: await readFileBytes(database, teamId, sha256) };
  });
  if (file === undefined || bytes === null) throw new Problem('not_found', `There is no file of the hash ${sha256}.`);
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) {
    throw new Problem('document_damaged', 'The stored file does not fit its hash any more: it was changed.');
  }
  return { ...file, bytes };
}
