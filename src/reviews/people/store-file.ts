import { createHash } from 'node:crypto';
import { recordChange } from '../../audit/record-change.ts';
import type { Context } from '../../context.ts';
import { inTransaction } from '../../database/transaction.ts';
import { Problem } from '../../problem.ts';
import { lockTeam } from '../../teams/require-team.ts';
import { actingMember } from './acting-member.ts';
import { type AttestedFile, findFiles, insertFile, sumFileBytes } from './attested-file.store.ts';
import { auditedFile } from './audited-people.rules.ts';
import { type FileContentType, isWhatItSays } from './file-content.rules.ts';

const fileMaxBytes = 5 * 1024 * 1024;
const teamMaxBytes = 500 * 1024 * 1024;

/**
 * Stores a file that attestations may rest on, under its SHA-256. The same bytes are stored once: whoever stores them again
 * is answered what is there.
 * @throws Problem forbidden, not_found, invalid_request, payload_too_large, limit_reached
 */
export async function storeFile(
  ctx: Context,
  input: { teamId: string; name: string; contentType: FileContentType; bytes: Buffer },
): Promise<AttestedFile> {
  const { teamId, name, contentType, bytes } = input;
  if (bytes.byteLength > fileMaxBytes) {
    throw new Problem('payload_too_large', `A file is at most ${fileMaxBytes} bytes: name a link to a larger one.`);
  }
  if (bytes.byteLength === 0 || !isWhatItSays(bytes, contentType)) {
    throw new Problem('invalid_request', 'The file is not what its content type says.', {
      errors: [{ pointer: '/contentType', message: `is ${contentType}, and the bytes are something else` }],
    });
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    const { id: uploadedBy } = await actingMember(client, teamId, ctx.actor);
    const there = (await findFiles(client, teamId, [sha256])).get(sha256);
    if (there === undefined && (await sumFileBytes(client, teamId)) + bytes.byteLength > teamMaxBytes) {
      throw new Problem(
        'limit_reached',
        `The files of a team take at most ${teamMaxBytes} bytes: name a link instead.`,
      );
    }
    const file = { sha256, name, contentType, uploadedBy, uploadedAtMs: Math.floor(ctx.clock.now()) };
    if (there === undefined) await insertFile(client, teamId, file, bytes);
    await recordChange(ctx, client, {
      teamId,
      action: 'attestation-file.stored',
      target: { kind: 'attestation-file', id: sha256 },
      fields: auditedFile,
      after: { sha256, name, contentType, sizeBytes: bytes.byteLength },
    });
    return there ?? { ...file, sizeBytes: bytes.byteLength };
  });
}
