import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type pg from 'pg';
import type { Context } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
import { idFromUuid, idPrefixes, uuidFromId } from '../ids/id.rules.ts';
import type { Sealer } from '../sealing/sealer.ts';
import { findKey, insertKey, lockCheckpoints } from './audit-checkpoint.store.ts';
import { chainUuid } from './audit-entry.store.ts';
import { signCertificate } from './certificate-signature.rules.ts';
import { type Checkpoint, keyIdOf, keyIdOfDer, type SignedCheckpoint, signCheckpoint } from './checkpoint.rules.ts';

/** Signs checkpoints, and what else the gateway vouches for, with the key that all nodes over one database share. */
export type CheckpointSigner = {
  keyId: string;
  publicKey: KeyObject;
  sign(checkpoint: Checkpoint): SignedCheckpoint;
  /** Signs a text as one of certificates of reviews: never to be taken for a checkpoint. Base64. */
  signCertificate(text: string): string;
};

/**
 * The signing key: made where there is none yet, and sealed under the master key. So nodes need no file of their own, and
 * somebody with the database alone can neither sign nor bring a key of his own.
 * @param known answered again unless its key was replaced since
 * @throws SealError when the key does not open with the master keys that were given
 */
export async function openSigner(
  ctx: Pick<Context, 'database' | 'ids' | 'sealer'>,
  known: CheckpointSigner | null = null,
): Promise<CheckpointSigner> {
  if (known !== null && (await isCurrentKey(ctx.database, known.keyId))) return known;
  return signerOf((await readKey(ctx.database, ctx.sealer)) ?? (await makeKey(ctx)));
}

/** Whether this is the key that signs now: the one that was made last. */
export async function isCurrentKey(database: Pick<pg.Pool, 'query'>, keyId: string): Promise<boolean> {
  const stored = await findKey(database);
  return stored !== null && keyIdOfDer(stored.publicKey) === keyId;
}

export function signerOf(privateKey: KeyObject): CheckpointSigner {
  const publicKey = createPublicKey(privateKey);
  return {
    keyId: keyIdOf(publicKey),
    publicKey,
    sign: (checkpoint) => signCheckpoint(checkpoint, privateKey),
    signCertificate: (text) => signCertificate(text, privateKey),
  };
}

/** The public half of the key that is stored, by what is sealed; null when there is none yet. @throws SealError */
export async function readPublicSigningKey(
  database: Pick<pg.Pool, 'query'>,
  sealer: Sealer,
): Promise<KeyObject | null> {
  const privateKey = await readKey(database, sealer);
  return privateKey === null ? null : createPublicKey(privateKey);
}

async function readKey(database: Pick<pg.Pool, 'query'>, sealer: Sealer): Promise<KeyObject | null> {
  const stored = await findKey(database);
  if (stored === null) return null;
  const der = sealer.open(stored.sealed, sealContextOf(stored.uuid));
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

function makeKey({ database, ids, sealer }: Pick<Context, 'database' | 'ids' | 'sealer'>): Promise<KeyObject> {
  return inTransaction(database, async (client) => {
    await lockCheckpoints(client);
    return (await readKey(client, sealer)) ?? (await addKey(client, { ids, sealer }));
  });
}

/** Makes a key, which signs from the commit on: behind `lockCheckpoints`. */
export async function addKey(
  client: pg.PoolClient,
  { ids, sealer }: Pick<Context, 'ids' | 'sealer'>,
): Promise<KeyObject> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const uuid = uuidFromId(ids.next(idPrefixes.secret));
  const der = privateKey.export({ type: 'pkcs8', format: 'der' });
  const sealed = sealer.seal(der, sealContextOf(uuid));
  der.fill(0);
  await insertKey(client, { uuid, sealed, publicKey: publicKey.export({ type: 'spki', format: 'der' }) });
  return privateKey;
}

/** What a key is bound to, as sealed-columns.ts has it. */
export function sealContextOf(uuid: string) {
  return {
    teamId: idFromUuid(idPrefixes.team, chainUuid(null)),
    rowId: idFromUuid(idPrefixes.secret, uuid),
    purpose: 'audit-signing-key',
  };
}
