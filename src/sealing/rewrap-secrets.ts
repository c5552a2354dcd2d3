import type pg from 'pg';
import { idFromUuid, idPrefixes } from '../ids/id.rules.ts';
import { SealError } from './seal-error.ts';
import { masterKeyId } from './sealed-blob.rules.ts';
import { countByKey, type KeyCount, readSealedPage, replaceSealed, type RowKey } from './sealed-column.store.ts';
import { type SealedColumn, sealedColumns } from './sealed-columns.ts';
import { createSealer } from './sealer.ts';

/** What is sealed under which master key. `sealing`: the id of the key that seals; `opening`: of the others given. */
export type SealedInventory = {
  sealing: string;
  opening: readonly string[];
  columns: readonly { title: string; keys: readonly KeyCount[] }[];
};

/** `damaged`: values that do not open with the key they name; `moved`: those that were sealed anew. */
export type Rewrapping = {
  before: SealedInventory;
  after: SealedInventory;
  moved: number;
  damaged: readonly { table: string; id: string }[];
};

const pageRows = 200;
/** What a node seals under an old key meanwhile is found by another round; one that never ends is told of. */
const mostRounds = 3;

/** Counts what every master key is needed for. Reads no value. */
export async function countSealed(ctx: { database: pg.Pool; masterKeys: readonly Buffer[] }): Promise<SealedInventory> {
  const [sealing = '', ...opening] = ctx.masterKeys.map((key) => masterKeyId(key).toString('hex'));
  const columns: { title: string; keys: readonly KeyCount[] }[] = [];
  for (const column of sealedColumns) {
    columns.push({ title: column.title, keys: await countByKey(ctx.database, column) });
  }
  return { sealing, opening, columns };
}

/**
 * Seals everything that is under one of the other master keys anew under the first: only data keys are decrypted, each
 * row is an update of its own that does nothing when the row has changed, and nodes may go on meanwhile. May be ended
 * at any time and run again.
 * @param input.onProgress how many of the values that were found are done
 */
export async function rewrapSecrets(
  ctx: { database: pg.Pool; masterKeys: readonly Buffer[] },
  input: { onProgress: (done: number, found: number) => void },
): Promise<Rewrapping> {
  const sealer = createSealer(ctx);
  const before = await countSealed(ctx);
  const damaged = new Map<string, { table: string; id: string }>();
  const found = countUnder(before, before.opening);
  let after = before;
  let moved = 0;
  let looked = 0;

  const rewrapRow = async (column: SealedColumn, key: RowKey, sealed: Buffer): Promise<void> => {
    const [teamUuid = ''] = key;
    const rowId = idFromUuid(column.idPrefix, key.at(-1) ?? '');
    const context = { teamId: idFromUuid(idPrefixes.team, teamUuid), rowId, purpose: column.purpose };
    try {
      const rewrapped = sealer.rewrap(sealed, context);
      if (rewrapped === null) return;
      if (await replaceSealed(ctx.database, column, key, { before: sealed, after: rewrapped })) moved += 1;
    } catch (error) {
      if (!(error instanceof SealError)) throw error;
      damaged.set(`${column.table}.${column.column} ${rowId}`, { table: column.table, id: rowId });
    }
  };

  for (let round = 0; round < mostRounds && countUnder(after, before.opening) > damaged.size; round += 1) {
    for (const column of sealedColumns) {
      let page = { after: null as RowKey | null, keyIds: before.opening, limit: pageRows };
      for (;;) {
        const rows = await readSealedPage(ctx.database, column, page);
        for (const { key, sealed } of rows) {
          await rewrapRow(column, key, sealed);
          looked += 1;
          input.onProgress(Math.min(looked, found), found);
        }
        const last = rows.at(-1);
        if (last === undefined || rows.length < pageRows) break;
        page = { ...page, after: last.key };
      }
    }
    after = await countSealed(ctx);
  }
  return { before, after, moved, damaged: [...damaged.values()] };
}

/** How many values are under any of these keys. */
function countUnder({ columns }: SealedInventory, keyIds: readonly (string | null)[]): number {
  let count = 0;
  for (const { keys } of columns) for (const each of keys) if (keyIds.includes(each.keyId)) count += each.count;
  return count;
}
