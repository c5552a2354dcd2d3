import type { Finding } from '../../readiness/finding.ts';
import { counted, failed, listed, passed, unknown } from '../../readiness/finding.rules.ts';

export type AtRestFacts = {
  /** Values that were entered, by their fields. */
  planted: number;
  /** Where one of them was found. */
  found: readonly { name: string; called: string; file: string }[];
  files: number;
  /** Something that is no secret was found: otherwise finding nothing says nothing. */
  controlFound: boolean;
  /** Something came in while the database was away, so that there is a spool to look at. */
  spooled: boolean;
  /** Two rows hold the same value and not the same bytes. */
  sealedAlike: boolean;
  /** A ciphertext that was put into another row was used as the secret of that row. */
  movedOpens: boolean;
};

/** No secret is on the disk but under the master key, and each ciphertext is good for its own row alone. */
export function judgeAtRest(facts: AtRestFacts): Finding {
  const { planted, found, files, controlFound, spooled, sealedAlike, movedOpens } = facts;
  const values = { planted, found: found.length, files, sealedAlike, movedOpens };
  if (found.length > 0) {
    const seen = [...new Set(found.map(({ name, called, file }) => `the ${name} (${called}) in ${file}`))];
    return failed(`Found unsealed: ${listed(seen)}.`, values, 'posthorn keys rewrap');
  }
  if (sealedAlike) return failed('The same value was sealed twice to the same bytes.', values);
  if (movedOpens) return failed('A ciphertext that was moved to another row opened there.', values);
  if (!controlFound || !spooled) {
    return unknown(controlFound ? 'Nothing came to the spool.' : 'Not even what is no secret was found.', values);
  }
  const where = `${counted(files, 'file')} of the database, its write-ahead log, the spool and the logs`;
  return passed(`${counted(planted, 'secret')} entered, none found in ${where}. There are no backups yet.`, values);
}
