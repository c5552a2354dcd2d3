import type { Context } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
import { SealError } from '../sealing/seal-error.ts';
import type { Sealer } from '../sealing/sealer.ts';
import { deleteKey, findKey, lockCheckpoints } from './audit-checkpoint.store.ts';
import { keyIdOfDer } from './checkpoint.rules.ts';
import { addKey, sealContextOf, signerOf } from './checkpoint-signer.ts';
import { type AuditContext, recordChange } from './record-change.ts';
import { appendCheckpoint } from './write-checkpoint.ts';

/**
 * `none`: nothing was ever signed. `opens`: the key is in use, and stays. `lost`: it does not open, and is not the one
 * that was to be replaced; `masterKey` is the id of the master key that it is sealed under, null where its bytes are damaged.
 */
export type KeyReplacement =
  | { outcome: 'none' }
  | { outcome: 'opens'; key: string }
  | { outcome: 'lost'; key: string; masterKey: string | null }
  | { outcome: 'replaced'; before: string; after: string };

/**
 * Makes a new key for the audit log where the one that signs does not open any more. The change of signer is an entry, with
 * both public keys, and the new key signs a checkpoint over all that was there: one transaction.
 * @param input.replaced the id of the key that is to be replaced; null only looks
 */
export function replaceSigningKey(
  ctx: AuditContext & Pick<Context, 'database' | 'sealer'>,
  input: { replaced: string | null },
): Promise<KeyReplacement> {
  return inTransaction(ctx.database, async (client) => {
    await lockCheckpoints(client);
    const stored = await findKey(client);
    if (stored === null) return { outcome: 'none' };
    const before = keyIdOfDer(stored.publicKey);
    const closed = whyClosed(ctx.sealer, stored);
    if (closed === null) return { outcome: 'opens', key: before };
    if (input.replaced !== before) return { outcome: 'lost', key: before, ...closed };

    const signer = signerOf(await addKey(client, ctx));
    // What is left of it opens for nobody who has to sign: its public half is in the entry.
    await deleteKey(client, stored.uuid);
    const publicKey = signer.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    await recordChange(ctx, client, {
      teamId: null,
      action: 'keys.audit-key-replaced',
      target: { kind: 'audit-key', id: signer.keyId },
      fields: { key: 'shown', publicKey: 'shown' },
      before: { key: before, publicKey: stored.publicKey.toString('base64') },
      after: { key: signer.keyId, publicKey },
    });
    await appendCheckpoint({ clock: ctx.clock, signer }, client, { now: true });
    return { outcome: 'replaced', before, after: signer.keyId };
  });
}

type Stored = { uuid: string; sealed: Buffer; publicKey: Buffer };

/** Null when it opens. */
function whyClosed(sealer: Sealer, { uuid, sealed }: Stored): { masterKey: string | null } | null {
  try {
    sealer.open(sealed, sealContextOf(uuid)).fill(0);
    return null;
  } catch (error) {
    if (!(error instanceof SealError)) throw error;
    return { masterKey: error.code === 'unknown-key' ? sealer.keyIdOf(sealed) : null };
  }
}
