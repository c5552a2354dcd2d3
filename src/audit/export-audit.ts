import type { KeyObject } from 'node:crypto';
import type { Context } from '../context.ts';
import { readAsTeam } from '../database/read-as-team.ts';
import type { AccessAudit } from './access-audit.ts';
import { listCheckpointRows } from './audit-checkpoint.store.ts';
import { readChainPage, type StoredRow } from './audit-entry.store.ts';
import type { SignedCheckpoint } from './checkpoint.rules.ts';
import type { CheckpointSigner } from './checkpoint-signer.ts';
import { entryOf } from './entry-hash.rules.ts';
import { readReplacedKeys } from './replaced-keys.ts';
import { beginLine, type ExportLine, entryLine, writeLine } from './export-lines.rules.ts';
import { requireChain } from './require-chain.ts';
import { signHead } from './sign-head.ts';
import { writeCheckpoint } from './write-checkpoint.ts';

export type ExportContext = Pick<Context, 'database' | 'clock' | 'actor' | 'requestId' | 'address'> & {
  access: Pick<AccessAudit, 'read'>;
  signer: () => Promise<CheckpointSigner>;
};

const pageRows = 1_000;
const checkpointPage = 50;

/**
 * The audit log as lines that verify without the database: of one team, or everything. The export itself is on record
 * first, and a checkpoint is signed over all that it holds.
 * @throws Problem not_found, before the first line
 */
export async function exportAudit(ctx: ExportContext, input: { team: string } | 'all'): Promise<AsyncIterable<string>> {
  const only = input === 'all' ? undefined : { team: input.team };
  if (only !== undefined) await readAsTeam(ctx.database, only.team, (reader) => requireChain(reader, only.team));
  const signer = await ctx.signer();
  await ctx.access.read(ctx, { team: only?.team ?? null, action: 'audit.exported', filter: null });
  const at = new Date(ctx.clock.now()).toISOString();
  const publicKey = textOf(signer.publicKey);
  const replacedKeys = (await readReplacedKeys(ctx.database)).map(textOf);
  const begin = beginLine({ scope: only?.team ?? 'all', at, publicKey, replacedKeys });
  return inText(only === undefined ? everything(ctx, signer, begin) : oneChain(ctx, signer, begin, only.team));
}

function textOf(publicKey: KeyObject): string {
  return publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
}

async function* everything(
  ctx: ExportContext,
  signer: CheckpointSigner,
  begin: ExportLine,
): AsyncGenerator<ExportLine> {
  yield begin;
  await writeCheckpoint({ ...ctx, signer }, { now: true });
  let last: SignedCheckpoint | null = null;
  for (let after: number | null = 0; after !== null; ) {
    const page = await listCheckpointRows(ctx.database, { after, descending: false, limit: checkpointPage });
    for (const checkpoint of page) yield { type: 'checkpoint', checkpoint };
    last = page.at(-1) ?? last;
    after = page.length < checkpointPage ? null : (page.at(-1)?.number ?? null);
  }
  yield* entriesOf(ctx, last?.heads ?? []);
}

async function* oneChain(
  ctx: ExportContext,
  signer: CheckpointSigner,
  begin: ExportLine,
  team: string,
): AsyncGenerator<ExportLine> {
  yield begin;
  const checkpoint = await signHead(ctx, signer, team);
  yield { type: 'checkpoint', checkpoint };
  yield* entriesOf(ctx, checkpoint.heads);
}

/** Entries are never changed, so those up to a head are the same whenever they are read. */
async function* entriesOf(
  { database }: Pick<ExportContext, 'database'>,
  heads: SignedCheckpoint['heads'],
): AsyncGenerator<ExportLine> {
  let entries = 0;
  for (const { team, sequence } of heads) {
    const readPage = (after: { team: string | null; sequence: number }): Promise<StoredRow[]> => {
      const page = { after, only: { team }, limit: pageRows };
      if (team === null) return readChainPage(database, page);
      return readAsTeam(database, team, (reader) => readChainPage(reader, page));
    };
    for (let after: StoredRow | { team: string | null; sequence: number } = { team, sequence: 0 }; ; ) {
      const page: StoredRow[] = await readPage(after);
      for (const row of page) {
        if (row.sequence > sequence) break;
        entries += 1;
        yield entryLine(entryOf(row));
      }
      const next = page.at(-1);
      if (page.length < pageRows || next === undefined || next.sequence >= sequence) break;
      after = next;
    }
  }
  yield { type: 'end', entries };
}

async function* inText(lines: AsyncIterable<ExportLine>): AsyncGenerator<string> {
  let text = '';
  for await (const line of lines) {
    text += `${writeLine(line)}\n`;
    if (text.length < 65_536) continue;
    yield text;
    text = '';
  }
  yield text;
}
