import { byCommandLine } from '../../audit/by-command-line.ts';
import { type RecordedChange, recordChange } from '../../audit/record-change.ts';
import { inTransaction } from '../../database/transaction.ts';
import { countSealed, rewrapSecrets } from '../../sealing/rewrap-secrets.ts';
import { counted } from '../terminal/readable.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { type KeyFlags, type KeyWork, withKeys } from './open-keys.ts';
import { openProgress } from './progress.ts';
import { adviceOn, renderInventory } from './render-keys.rules.ts';

const mostShown = 20;

/** Seals everything anew under the first key; the exit code is 1 when something is left that it could not seal. */
export async function runKeyRewrap(flags: KeyFlags, terminal: Terminal): Promise<0 | 1> {
  const progress = openProgress(process.stderr);
  const rewrap = (ctx: KeyWork) => recorded(ctx, () => rewrapSecrets(ctx, { onProgress: progress.show }));
  const result = await withKeys(flags, terminal, rewrap).finally(progress.end);
  const { before, after, moved, damaged } = result;
  const advice = adviceOn(after, damaged.length);
  const isDone = advice.ok && advice.isDone;
  if (flags.json === true) {
    terminal.out(JSON.stringify({ ok: isDone, moved, damaged, before, after }, null, 2));
    return isDone ? 0 : 1;
  }
  terminal.out('Before:');
  for (const line of renderInventory(before, terminal.paint)) terminal.out(line);
  terminal.out('');
  terminal.out(`${counted(moved, 'value')} sealed anew. Now:`);
  for (const line of renderInventory(after, terminal.paint)) terminal.out(line);
  for (const { table, id } of damaged.slice(0, mostShown)) {
    terminal.err(`posthorn: the sealed value of ${id} in ${table} does not open: enter that secret again`);
  }
  if (damaged.length > mostShown) terminal.err(`posthorn: and ${damaged.length - mostShown} more`);
  terminal.out('');
  terminal.out(advice.text);
  return isDone ? 0 : 1;
}

type Result = Awaited<ReturnType<typeof rewrapSecrets>>;

/** Rows are sealed anew one by one, so what is about to happen is on record before, and what came of it afterwards. */
async function recorded(ctx: KeyWork, work: () => Promise<Result>): Promise<Result> {
  const by = byCommandLine();
  const { sealing, opening } = await countSealed(ctx);
  const record = (change: Pick<RecordedChange, 'action' | 'after'> & { outcome?: 'failed' }): Promise<void> =>
    inTransaction(ctx.database, (client) =>
      recordChange(by, client, {
        teamId: null,
        target: { kind: 'master-key', id: sealing },
        fields: { opening: 'shown', moved: 'shown', damaged: 'shown' },
        ...change,
      }),
    );
  await record({ action: 'keys.rewrap-started', after: { opening } });
  const result = await work();
  const damaged = result.damaged.length;
  await record({
    action: 'keys.rewrapped',
    after: { moved: result.moved, damaged },
    ...(damaged === 0 ? {} : { outcome: 'failed' }),
  });
  return result;
}
