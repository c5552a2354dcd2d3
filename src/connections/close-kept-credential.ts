import type pg from 'pg';
import { beginProbe } from './begin-probe.store.ts';
import type { GoneCredential } from './closing-probe.ts';

/** Begins the closing probe of a credential that was kept beside its connection, in the transaction that drops it. */
export async function closeKeptCredential(client: pg.PoolClient, gone: GoneCredential): Promise<void> {
  await beginProbe(client, gone);
}
