import type { KeyObject } from 'node:crypto';
import { canonicalJson } from './canonical-json.rules.ts';
import { readPublicKey, type SignedCheckpoint } from './checkpoint.rules.ts';
import { readLine } from './export-lines.rules.ts';
import type { AuditVerdict } from './verify-audit.ts';
import { type AuditFault, createChainMarks, createChainVerifier } from './verify-chain.rules.ts';
import { type CheckpointVerifier, createCheckpointVerifier } from './verify-checkpoints.rules.ts';

/** `isKeyTrusted` false: signatures were only checked with the key that came in the export itself. */
export type ExportVerdict = AuditVerdict & { isKeyTrusted: boolean };

/**
 * Verifies an export without the database, line by line: that it is whole, that the chains hold, and that they are those
 * that the checkpoints in it, and `others`, were signed over.
 * @param input.publicKey known from elsewhere; null takes the one in the export
 */
export async function verifyExport(
  lines: AsyncIterable<string>,
  input: { publicKey: KeyObject | null; others: readonly { checkpoint: SignedCheckpoint; called: string }[] },
): Promise<ExportVerdict> {
  const marks = createChainMarks();
  const chains = createChainVerifier(marks, null);
  const faults: AuditFault[] = [];
  let checker: CheckpointVerifier | null = null;
  let scope: string | null = null;
  let number = 0;
  let entries = 0;
  // Chains follow each other by the ids of their teams, the gateway's first.
  let chain = '';
  let counted: number | null = null;
  const wrong = (what: string): void => {
    faults.push({ kind: 'changed', team: null, from: null, to: null, id: null, what });
  };
  const takeOthers = (): void => {
    for (const { checkpoint, called } of input.others) {
      const heads = scope === 'all' ? checkpoint.heads : checkpoint.heads.filter(({ team }) => team === scope);
      checker?.takeOther(checkpoint, called, heads);
    }
  };

  for await (const text of lines) {
    number += 1;
    const read = readLine(text);
    if (!read.ok) {
      wrong(`line ${number} ${read.problem}`);
      continue;
    }
    const { line } = read;
    if (counted !== null) wrong(`line ${number} comes after the end`);
    if ((line.type === 'begin') !== (number === 1)) {
      wrong(number === 1 ? 'the first line is not the beginning of an export' : `line ${number} begins another export`);
    }
    if (line.type === 'begin') {
      const publicKey = input.publicKey ?? readPublicKey(line.publicKey);
      if (publicKey === null) wrong(`line ${number} holds no Ed25519 key; give the right one`);
      scope ??= line.scope;
      if (publicKey !== null) {
        const replaced = (line.replacedKeys ?? []).map(readPublicKey).filter((key) => key !== null);
        checker ??= createCheckpointVerifier({ newest: publicKey, replaced }, marks, line.scope === 'all');
      }
    } else if (line.type === 'checkpoint') {
      if (entries > 0) wrong(`line ${number} is a checkpoint among the entries`);
      if (line.checkpoint.number === null) checker?.takeAlone(line.checkpoint, `line ${number}`);
      else checker?.take(line.checkpoint);
    } else if (line.type === 'entry') {
      if (entries === 0) takeOthers();
      entries += 1;
      const { sequence, hash, entry } = line;
      if (scope !== 'all' && entry.team !== scope) wrong(`line ${number} is of another chain than the export`);
      const named = entry.team ?? '';
      if (named < chain) wrong(`line ${number} stands behind another chain than it should`);
      chain = named;
      const content = canonicalJson(entry);
      chains.take({ team: entry.team, sequence, id: entry.id, content, hash });
    } else counted = line.entries;
  }
  if (entries === 0) takeOthers();
  if (counted === null) wrong('the export has no end: it was cut off');
  else if (counted !== entries) wrong(`the export has ${entries} entries, and says that it has ${counted}`);
  if (checker !== null && checker.count === 0) wrong('the export has no checkpoint, so nothing in it is signed');
  const found = chains.end();
  return {
    entries,
    chains: found.chains,
    checkpoints: checker?.count ?? 0,
    unsigned: found.unsigned,
    signers: checker?.signers ?? [],
    faults: [...faults, ...(checker?.faults ?? []), ...found.faults],
    isKeyTrusted: input.publicKey !== null,
  };
}
