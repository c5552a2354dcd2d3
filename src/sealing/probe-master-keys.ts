import type pg from 'pg';
import { masterKeyId } from './sealed-blob.rules.ts';
import { sampleByKey } from './sealed-column.store.ts';
import { sealedColumns } from './sealed-columns.ts';

/** Values that are used now, and how many of those looked at are under none of the keys that were given. */
export type KeyProbe = { title: string; looked: number; foreign: number };

/** What a lost key leaves behind in these opens nothing that is used. */
const keptForThePast = new Set(['promotion_credential']);
/** Of these only the newest is used. */
const replacedByTheNext = new Set(['audit_key']);
const lookedAtMost = 100;

/** Whether these are the master keys that the database was sealed with. Opens no value. */
export async function probeMasterKeys(ctx: {
  database: Pick<pg.Pool, 'query'>;
  masterKeys: readonly Buffer[];
}): Promise<KeyProbe[]> {
  const given = new Set(ctx.masterKeys.map((key) => masterKeyId(key).toString('hex')));
  const columns = sealedColumns.filter(({ table }) => !keptForThePast.has(table));
  const probes: KeyProbe[] = [];
  // One after another, over the one connection that is known to work: others may have frozen.
  for (const column of columns) {
    const newestOnly = replacedByTheNext.has(column.table);
    const keys = await sampleByKey(ctx.database, column, { limit: lookedAtMost, newestOnly });
    const foreign = keys.filter(({ keyId }) => keyId !== null && !given.has(keyId));
    probes.push({ title: column.title, looked: sum(keys), foreign: sum(foreign) });
  }
  return probes;
}

function sum(counts: readonly { count: number }[]): number {
  return counts.reduce((total, { count }) => total + count, 0);
}
