import type { KeyObject } from 'node:crypto';
import type pg from 'pg';
import { listCheckpointRows } from './audit-checkpoint.store.ts';
import { readChainPage, readHeads, type StoredRow } from './audit-entry.store.ts';
import type { AuditContent } from './audit-entry.ts';
import { canonicalJson } from './canonical-json.rules.ts';
import type { SignedCheckpoint } from './checkpoint.rules.ts';
import { type AuditFault, createChainMarks, createChainVerifier } from './verify-chain.rules.ts';
import { readReplacedKeys } from './replaced-keys.ts';
import { createCheckpointVerifier, type Signer } from './verify-checkpoints.rules.ts';

/** What verification looked at, and what is wrong. Without a key, signatures were not checked. */
export type AuditVerdict = {
  entries: number;
  chains: number;
  checkpoints: number;
  /** Entries that no checkpoint is over yet. */
  unsigned: number;
  /** Who signed the stored checkpoints: more than one where the key was replaced. */
  signers: readonly Signer[];
  faults: readonly AuditFault[];
};

const pageRows = 2_000;
const checkpointPage = 50;

/**
 * Verifies every chain in the database, in one snapshot of it: entries against their hashes, ends against the heads, and
 * both against the checkpoints. What is stored nowhere else cannot be told from a whole tail that was written anew, but
 * for a checkpoint that was kept outside: `others`.
 * @param input.publicKey null when no checkpoint was ever signed
 */
export async function verifyAudit(
  database: pg.Pool,
  input: {
    publicKey: KeyObject | null;
    others: readonly { checkpoint: SignedCheckpoint; called: string }[];
    onProgress?: (entries: number) => void;
  },
): Promise<AuditVerdict> {
  const client = await database.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    return await verifySnapshot(client, input);
  } finally {
    await client.query('ROLLBACK').finally(() => client.release());
  }
}

async function verifySnapshot(
  client: pg.PoolClient,
  { publicKey, others, onProgress }: Parameters<typeof verifyAudit>[1],
): Promise<AuditVerdict> {
  const marks = createChainMarks();
  const faults: AuditFault[] = [];
  let checkpoints = 0;
  const replaced = publicKey === null ? [] : await readReplacedKeys(client);
  const checker = publicKey === null ? null : createCheckpointVerifier({ newest: publicKey, replaced }, marks, true);
  for (let after: number | null = 0; after !== null; ) {
    const page = await listCheckpointRows(client, { after, descending: false, limit: checkpointPage });
    checkpoints += page.length;
    for (const checkpoint of page) checker?.take(checkpoint);
    after = page.length < checkpointPage ? null : (page.at(-1)?.number ?? null);
  }
  for (const { checkpoint, called } of others) checker?.takeOther(checkpoint, called);
  if (checker === null && checkpoints > 0) faults.push(keyIsGone);
  faults.push(...(checker?.faults ?? []));

  const chains = createChainVerifier(marks, await readHeads(client));
  let entries = 0;
  for (let after: StoredRow | null | undefined = null; after !== undefined; ) {
    const page: StoredRow[] = await readChainPage(client, { after, limit: pageRows });
    for (const row of page) {
      chains.take({ ...row, id: row.columns.id });
      faults.push(...copyFaults(row));
    }
    entries += page.length;
    onProgress?.(entries);
    after = page.length < pageRows ? undefined : page.at(-1);
  }
  const found = chains.end();
  const { faults: inChains, chains: chainCount, unsigned } = found;
  const signers = checker?.signers ?? [];
  return { entries, chains: chainCount, checkpoints, unsigned, signers, faults: [...faults, ...inChains] };
}

const keyIsGone: AuditFault = {
  kind: 'checkpoint',
  team: null,
  from: null,
  to: null,
  id: null,
  what: 'there are checkpoints, and the key that signed them is gone: give it with --public-key',
};

/** Queries look at the columns beside the content: an entry whose columns say another thing would be hidden from them. */
function copyFaults({ team, sequence, content, columns }: StoredRow): AuditFault[] {
  const fault = (what: string): AuditFault[] => {
    return [{ kind: 'copy', team, from: sequence, to: sequence, id: columns.id, what: `entry ${sequence}: ${what}` }];
  };
  let said: AuditContent;
  try {
    said = JSON.parse(content) as AuditContent;
    if (canonicalJson(said) !== content) return fault('its content is not canonical JSON');
  } catch {
    return fault('its content is no JSON');
  }
  const expected: StoredRow['columns'] & { team: string | null } = {
    team: said.team,
    id: said.id,
    at: said.at,
    actor: said.actor?.id ?? said.actor?.kind,
    memberId: said.actor?.memberId,
    action: said.action,
    targetKind: said.target?.kind ?? null,
    targetId: said.target?.id ?? null,
  };
  const stored = { team, ...columns };
  const wrong = Object.entries(expected).filter(([name, value]) => stored[name as keyof typeof stored] !== value);
  if (wrong.length === 0) return [];
  return fault(`its content and the columns beside it differ (${wrong.map(([name]) => name).join(', ')})`);
}
