import { byCommandLine } from '../../audit/by-command-line.ts';
import { type KeyReplacement, replaceSigningKey } from '../../audit/replace-signing-key.ts';
import { createSealer } from '../../sealing/sealer.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { type KeyFlags, type KeyWork, withKeys } from './open-keys.ts';

export type NewAuditKeyFlags = KeyFlags & { replace?: string };

/** Looks at the key that signs the audit log, or replaces it; the exit code is 1 when it does not open and stays. */
export async function runNewAuditKey(flags: NewAuditKeyFlags, terminal: Terminal): Promise<0 | 1> {
  const replaced = flags.replace ?? null;
  const work = ({ database, masterKeys }: KeyWork): Promise<KeyReplacement> =>
    replaceSigningKey({ ...byCommandLine(), database, sealer: createSealer({ masterKeys }) }, { replaced });
  const result = await withKeys(flags, terminal, work);
  const ok = result.outcome !== 'lost';
  if (flags.json === true) terminal.out(JSON.stringify({ ok, ...result }, null, 2));
  else for (const line of linesOf(result)) terminal.out(line);
  return ok ? 0 : 1;
}

function linesOf(result: KeyReplacement): string[] {
  switch (result.outcome) {
    case 'none':
      return ['The audit log has no signing key yet: the first node makes one. Nothing was changed.'];
    case 'opens':
      return [`The signing key ${result.key} of the audit log opens with the master keys. Nothing was changed.`];
    case 'replaced':
      return [
        `The key ${result.after} signs the audit log from now on, and ${result.before} no more. That it was replaced is on record.`,
        'Nodes that run take it within a minute. Keep its public half beside the old one: posthorn audit public-key',
      ];
    case 'lost': {
      const { key, masterKey } = result;
      const why =
        masterKey === null
          ? 'is damaged'
          : `is sealed under the master key ${masterKey}, which was not given: if anybody still has that, add it behind the others in POSTHORN_MASTER_KEY instead`;
      return [
        `The signing key ${key} of the audit log ${why}.`,
        'When it is gone for good, verify the log once more with the public key that you kept (posthorn audit verify --public-key <file>), and then run:',
        `posthorn keys new-audit-key --replace ${key}`,
      ];
    }
  }
}
