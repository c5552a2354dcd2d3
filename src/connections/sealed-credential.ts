import type { Sealer } from '../sealing/sealer.ts';
import type { CredentialField } from './connection-config.ts';

type Fields = Readonly<Record<string, CredentialField>>;

/** Fields sealed for one purpose do not open for another. */
const purpose = 'connection-credential';

/** All fields together, so that what is not secret cannot be exchanged either: where tokens come from, say. */
export function sealFields(sealer: Sealer, teamId: string, credentialId: string, fields: Fields): Buffer {
  return sealer.seal(JSON.stringify(fields), { teamId, rowId: credentialId, purpose });
}

/** @throws SealError when they were changed, moved to another row, or sealed under a key that was not given. */
export function openFields(sealer: Sealer, teamId: string, credentialId: string, sealed: Buffer): Fields {
  return JSON.parse(sealer.open(sealed, { teamId, rowId: credentialId, purpose }).toString('utf8')) as Fields;
}
