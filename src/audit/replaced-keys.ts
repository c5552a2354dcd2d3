import type { KeyObject } from 'node:crypto';
import type pg from 'pg';
import { listChainRows } from './audit-entry.store.ts';
import { readPublicKey } from './checkpoint.rules.ts';

const lookedAtMost = 1_000;

/**
 * The public keys that signed checkpoints before the one that does now, by what the log says of their replacement. They
 * are believed of nothing but what a checkpoint of the newest key follows.
 */
export async function readReplacedKeys(database: Pick<pg.Pool, 'query'>): Promise<KeyObject[]> {
  const filter = { action: 'keys.audit-key-replaced' };
  const entries = await listChainRows(database, { team: null, filter, limit: lookedAtMost, after: null });
  const texts = entries.map(({ before }) => (before as { publicKey?: unknown } | null)?.publicKey);
  const keys = texts.map((text) => (typeof text === 'string' ? readPublicKey(text) : null));
  return keys.filter((key) => key !== null);
}
