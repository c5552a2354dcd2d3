import type pg from 'pg';
import { switchAccount } from '../connections/switch-account.ts';
import { isConnectionKept } from './connection-kept.store.ts';
import type { Promotion } from './promotion.ts';
import { readKeptCredentials } from './promotion-credential.store.ts';

/** Leads a connection back to where it led before its promotion; says what became of it. */
export async function returnAccount(client: pg.PoolClient, promotion: Promotion): Promise<string> {
  if (!(await isConnectionKept(client, promotion))) return 'The connection was deleted: there is nothing to lead back.';
  const credentials = await readKeptCredentials(client, promotion, 'former');
  await switchAccount(client, promotion, { ...promotion.former, credentials }, []);
  return `Calls go to ${promotion.former.baseUrl ?? `the ${promotion.former.environment}`} again, as before.`;
}
