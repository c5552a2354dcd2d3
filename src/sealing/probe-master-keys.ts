import type pg from 'pg';
import { masterKeyId } from './sealed-blob.rules.ts';
import { sampleByKey } from './sealed-column.store.ts';
import { sealedColumns } from './sealed-columns.ts';

/** Values that are used now, and how many of those looked at are under none of the keys that were given. */
export type KeyProbe = { title: string; looked: number; foreign: number };

/** What a lost key leaves behind in these opens nothing that is used. */
const keptForThePast = new Set(['audit_key', 'promotion_credential']);
const lookedAtMost = 100;

/** Whether these are the master keys that the database was sealed with. Opens no value. */
export async function probeMasterKeys(ctx: { database: pg.Pool; masterKeys: readonly Buffer[] }): Promise<KeyProbe[]> {
  const given = new Set(ctx.masterKeys.map((key) => masterKeyId(key).toString('hex')));
  const columns = sealedColumns.filter(({ table }) => !keptForThePast.has(table));
  const counts = await Promise.all(columns.map((column) => sampleByKey(ctx.database, column, lookedAtMost)));
  return counts.map((keys, index) => ({
    title: columns[index]?.title ?? '',
    looked: sum(keys),
    foreign: sum(keys.filter(({ keyId }) => keyId !== null && !given.has(keyId))),
  }));
}

function sum(counts: readonly { count: number }[]): number {
  return counts.reduce((total, { count }) => total + count, 0);
}
