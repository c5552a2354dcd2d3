import type { Sealer } from '../sealing/sealer.ts';

/** A value sealed for one purpose does not open for another. */
const purpose = 'source-credential';

export function sealCredential(sealer: Sealer, teamId: string, credentialId: string, value: string): Buffer {
  return sealer.seal(value, { teamId, rowId: credentialId, purpose });
}

/** @throws SealError when it was changed, moved to another row, or sealed under a key that was not given. */
export function openCredential(sealer: Sealer, teamId: string, credentialId: string, sealed: Buffer): string {
  return sealer.open(sealed, { teamId, rowId: credentialId, purpose }).toString('utf8');
}
