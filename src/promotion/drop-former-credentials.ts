import type pg from 'pg';
import { closeKeptCredential } from '../connections/close-kept-credential.ts';
import { inTransaction } from '../database/transaction.ts';
import { takeFormerCredentials } from './promotion-credential.store.ts';

/** Drops what was kept for ways back that nobody goes any more; what connections were called with is tried a last time. */
export async function dropFormerCredentials(database: pg.Pool, beforeMs: number): Promise<void> {
  await inTransaction(database, async (client) => {
    for (const gone of await takeFormerCredentials(client, beforeMs)) await closeKeptCredential(client, gone);
  });
}
